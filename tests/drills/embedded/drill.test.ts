import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { drill, faultsNamed, strayAdapters } from './drill.js'
import { openSetting, type Setting } from './setting.js'

let setting: Setting

beforeAll(async () => {
  setting = await openSetting()
}, 300_000)
afterAll(() => setting?.close(), 120_000)

test('three hurt runs at once end right: no instance left, one launch an attempt, one commit, the same losses', async () => {
  const [resumed, whole, terminated] = await Promise.all([
    drill(setting, 1, faultsNamed('interrupted, and the newest checkpoint is corrupt', 'a wrong digest first')),
    drill(
      setting,
      2,
      faultsNamed('the launch answered with a timeout after it succeeded', 'approved, then rejected', 'worker killed while evaluating'),
    ),
    drill(setting, 3, faultsNamed('terminated while training', 'S3 answers 503')),
  ])
  expect([resumed.wrong, whole.wrong, terminated.wrong, await strayAdapters(setting)]).toEqual([[], [], [], []])
  expect(resumed).toMatchObject({ ended: 'promoted', attempts: ['interrupted', 'done'] })
  expect(whole).toMatchObject({ ended: 'promoted', attempts: ['done'] })
  expect(terminated.ended).toBe('terminated')
}, 1_800_000)
