// A page that was open for long: before a form is sent its session is asked for, so that what was typed is not lost with it.

/** The session as it is now; undefined when there is none, null when the app does not answer. */
async function sessionNow() {
  const answer = await fetch('/session', { cache: 'no-store' }).catch(() => null)
  if (!answer || (!answer.ok && answer.status !== 401)) return null
  return answer.ok ? answer.json() : undefined
}

function problemWith(session, form) {
  if (session === null) return 'The app does not answer. What you typed is still here: try again in a moment.'
  if (session === undefined) return 'Your session has ended. What you typed is still here:'
  if (String(session.account) !== form.dataset.account)
    return 'Another account is signed in by now. What you typed is still here, but is not saved.'
  return undefined
}

/** Shows in `message` why a form cannot be sent, with a way to sign in beside this page. */
function show(message, text, ended) {
  message.replaceChildren(text)
  message.setAttribute('role', 'alert')
  if (!ended) return
  const link = document.createElement('a')
  link.href = '/sign-in?next=/'
  link.target = '_blank'
  link.textContent = 'sign in (in a new tab)'
  message.append(' ', link, ', then save again.')
}

/** Sends `form` only with a session that lives, and with that session's token; else says so in `message` and keeps what was typed. */
export function sendWithSession(form, message) {
  let sure = false
  form.addEventListener('submit', async (event) => {
    if (sure) return
    event.preventDefault()
    event.stopImmediatePropagation()
    const session = await sessionNow()
    const problem = problemWith(session, form)
    if (problem) return show(message, problem, session === undefined)
    form.elements.csrf.value = session.csrf
    sure = true
    form.requestSubmit()
    sure = false
  })
}
