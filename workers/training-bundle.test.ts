import { gunzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { extract } from 'tar-stream'
import { sha256 } from '../activities/ports/digests.js'
import { trainingBundle } from './training-bundle.js'

test('the same sources give the same bytes, named by their digest', async () => {
  const [once, again] = [await trainingBundle('.'), await trainingBundle('.')]
  expect(again).toEqual(once)
  const manifest = JSON.parse(Buffer.from(once.get('manifest.json')!).toString())
  expect(manifest.files[0].sha256).toBe(sha256(once.get('training.tar.gz')!))
})

test('it holds the trainer and the contracts, and no tests', async () => {
  const names: string[] = []
  const tar = extract()
  tar.end(gunzipSync((await trainingBundle('.')).get('training.tar.gz')!))
  for await (const entry of tar) {
    names.push(entry.header.name)
    entry.resume()
  }
  expect(names).toContain('formwright_training/train.py')
  expect(names).toContain('formwright_contracts/models.py')
  expect(names.filter((name) => /\/test_|__pycache__/.test(name))).toEqual([])
})

test('a checkout without the trainer is named', async () => {
  await expect(trainingBundle('contracts')).rejects.toThrow('training/formwright_training')
})
