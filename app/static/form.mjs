// The form beside its fields: draws the PDF, outlines the widgets, follows the extraction.
import { drawForm } from './paper.mjs'
import { pairUp } from './pairs.mjs'

const paper = document.getElementById('paper')
const running = document.getElementById('running')

function follow() {
  const events = new EventSource(running.dataset.events)
  const bar = document.getElementById('progress')
  const text = document.getElementById('progress-text')
  events.addEventListener('windows', (event) => {
    const { done, total } = JSON.parse(event.data)
    if (total === 0) return
    bar.max = total
    bar.value = done
    text.textContent = `${done} of ${total} windows answered`
  })
  events.addEventListener('end', () => {
    events.close()
    location.reload()
  })
}

function warnOfUnsaved() {
  const spec = document.getElementById('spec')
  const unsaved = document.getElementById('unsaved')
  if (!spec) return
  let dirty = false
  spec.addEventListener('input', () => {
    dirty = true
    unsaved.textContent = 'Not saved yet'
  })
  spec.addEventListener('submit', () => {
    dirty = false
  })
  window.addEventListener('beforeunload', (event) => {
    if (dirty) event.preventDefault()
  })
}

if (running) follow()
warnOfUnsaved()
await drawForm(paper)
pairUp(paper)
