import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { RunRecord } from '../../contracts/index.js'
import { followRun } from '../../scripts/fine-tune-extraction.js'
import { git, type Throwaway, throwawayPlatform } from './throwaway.js'

let setting: Throwaway

beforeAll(async () => {
  setting = await throwawayPlatform()
}, 300_000)
afterAll(() => setting?.close(), 120_000)

test('a tiny run goes from the dataset to an evaluated adapter and a committed page, and leaves no instance', async () => {
  const said: string[] = []
  const ended = await followRun({
    env: setting.platform.env,
    input: { preset: 'tiny' },
    yes: true,
    signal: AbortSignal.timeout(540_000),
    write: (text) => said.push(text),
  })
  expect({ ended, said: said.join('') }).toMatchObject({ ended: { ending: expect.stringMatching(/^(promoted|not-promoted)$/) } })

  const branch = `catalog/${ended.run}`
  const record = RunRecord.parse(
    JSON.parse(git(setting.repository, 'show', `${branch}:catalog/experiments/pdf-field-extraction/lora-v1.json`).join('\n')),
  )
  expect(record).toMatchObject({
    ending: ended.ending,
    attempts: [{ ending: 'done' }],
    training: { steps: 2 },
    decision: { channel: 'cli', assurance: 'claimed' },
  })
  expect(record.lossCurve).toHaveLength(2)
  expect(record.dollars).toBeGreaterThan(0)
  expect(record.dollars).toBeLessThanOrEqual(record.decision!.maxDollars)
  expect(git(setting.repository, 'log', '--format=%s', `main..${branch}`)).toHaveLength(1)

  const left = (await setting.platform.ec2.instances()).filter((instance) => instance.state !== 'terminated')
  expect(left).toEqual([])
}, 600_000)
