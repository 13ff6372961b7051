// The form beside its fields: draws the PDF, outlines the widgets, follows the extraction.
import { drawForm } from './paper.mjs'
import { pairUp } from './pairs.mjs'
import { follow } from './progress.mjs'
import { sendWithSession } from './session.mjs'

const paper = document.getElementById('paper')
const running = document.getElementById('running')

function warnOfUnsaved() {
  const spec = document.getElementById('spec')
  const unsaved = document.getElementById('unsaved')
  if (!spec) return
  // First, so that it is decided before the page thinks that all is sent.
  sendWithSession(spec, unsaved)
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

// What is wrong inside a closed part cannot be shown, so the part opens.
document.addEventListener('invalid', (event) => event.target.closest('details')?.setAttribute('open', ''), true)
if (running) follow(running)
warnOfUnsaved()
await drawForm(paper)
pairUp(paper)
