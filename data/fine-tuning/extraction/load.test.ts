import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadForms, loadSplit } from './load.js'

const FORM = `id: dog-licence
kind: licences
family: dog-licence
title: Dog Licence
agency: Town Clerk
origin: hand
review: {state: checked, by: founders, on: 2026-11-22}
sections:
  - title: Dog
    fields:
      - {label: Name of dog, fieldType: text}
`

async function folder(files: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'forms-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  return dir
}

test('a form is read and validated', async () => {
  const [form] = await loadForms(await folder({ 'dog.yaml': FORM }))
  expect(form).toMatchObject({ id: 'dog-licence', language: 'en', sections: [{ fields: [{ label: 'Name of dog' }] }] })
})

test('a fault names its file, line and field', async () => {
  const dir = await folder({ 'dog.yaml': FORM.replace('fieldType: text', 'fieldType: words') })
  await expect(loadForms(dir)).rejects.toThrow(/dog\.yaml:11: sections\.0\.fields\.0\.fieldType: /)
})

test('broken YAML names its line', async () => {
  const dir = await folder({ 'dog.yaml': FORM.replace('title: Dog Licence', 'title: [Dog') })
  await expect(loadForms(dir)).rejects.toThrow(/dog\.yaml:\d+: /)
})

test('two forms of the same id are refused', async () => {
  const dir = await folder({ 'a.yaml': FORM, 'b.yaml': FORM })
  await expect(loadForms(dir)).rejects.toThrow(/b\.yaml: id: dog-licence is also the id of a form in .*a\.yaml/)
})

test('the split names families of hand-written forms that exist', async () => {
  const here = new URL('.', import.meta.url).pathname
  const families = new Set((await loadForms(join(here, 'forms'))).map((f) => f.family))
  const { eval: held } = await loadSplit(here)
  expect(held.length).toBeGreaterThan(0)
  for (const family of held) expect(families).toContain(family)
})
