// Follows an extraction: windows as they come in, and how long the rest will take.

const about = (seconds) => (seconds < 90 ? `about ${Math.max(1, seconds)} s left` : `about ${Math.round(seconds / 60)} min left`)

function textOf({ done, total }, secondsLeft) {
  const answered = total === 1 ? 'Waiting for the answer' : `${done} of ${total} windows answered`
  if (secondsLeft === undefined) return answered
  return `${answered}, ${secondsLeft > 0 ? about(secondsLeft) : 'almost done'}`
}

/** Shows the events of `running` until the extraction ends, then the page with its result. */
export function follow(running) {
  const events = new EventSource(running.dataset.events)
  const bar = document.getElementById('progress')
  const text = document.getElementById('progress-text')
  const left = document.getElementById('progress-left')
  let latest
  let at = 0
  const show = () => {
    if (!latest) return
    const passed = Math.floor((performance.now() - at) / 1000)
    const seconds = latest.secondsLeft === undefined ? undefined : Math.max(0, latest.secondsLeft - passed)
    left.textContent = textOf(latest, seconds)
  }
  // The count is told as it changes; the seconds beside it run down silently.
  const clock = setInterval(show, 1000)
  events.addEventListener('windows', (event) => {
    latest = JSON.parse(event.data)
    at = performance.now()
    bar.max = latest.total
    bar.value = latest.done
    if (latest.done > 0) text.textContent = `${latest.done} of ${latest.total} windows answered`
    show()
  })
  events.addEventListener('end', () => {
    events.close()
    clearInterval(clock)
    location.reload()
  })
}
