// Drops a file into the upload form, and says at once when it is too large.
const form = document.getElementById('upload')
const input = document.getElementById('pdf')
const message = document.getElementById('upload-message')
const MIB = 2 ** 20

function tell(text) {
  message.textContent = text
  message.hidden = text === ''
}

function check() {
  const file = input.files[0]
  const limit = Number(input.dataset.maxMib)
  if (file && file.size > limit * MIB) {
    input.value = ''
    tell(`${file.name} has ${(file.size / MIB).toFixed(1)} MiB; at most ${limit} MiB are read.`)
  } else tell('')
}

for (const type of ['dragenter', 'dragover'])
  form.addEventListener(type, (event) => {
    event.preventDefault()
    form.classList.add('over')
  })
for (const type of ['dragleave', 'drop']) form.addEventListener(type, () => form.classList.remove('over'))
form.addEventListener('drop', (event) => {
  event.preventDefault()
  if (event.dataTransfer.files.length === 0) return
  input.files = event.dataTransfer.files
  check()
})
input.addEventListener('change', check)
for (const each of document.querySelectorAll('form[action="/extractions"]'))
  each.addEventListener('submit', () => {
    for (const button of each.querySelectorAll('button')) {
      button.setAttribute('aria-busy', 'true')
      button.textContent = 'Reading the form…'
    }
  })
