import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const DIR = fileURLToPath(new URL('.', import.meta.url))
const files = readdirSync(DIR)
  .filter((f) => f.endsWith('.json'))
  .sort()
/** Its children are named after a run's workflow id, so the run must be replayed under its own. */
const RUN = 'fine-tune-extraction/lora-v1'
const replay = (file: string, ...more: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', join(DIR, 'replay.ts'), file, RUN, ...more], { encoding: 'utf8' })

interface Recorded {
  events: { activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[]
}

test('there are recorded histories of the whole chain and of a sweep', () => {
  expect(files).toEqual(['evaluate-variants.json', 'fine-tune-extraction.json', 'sweep-fine-tune.json', 'train-on-spot.json'])
})

test.each(files)('%s takes the same decisions again', (file) => {
  const { status, stderr } = replay(join(DIR, file))
  expect({ status, stderr }).toMatchObject({ status: 0 })
})

test.each(files)('%s takes the same decisions under the bundle with traces', (file) => {
  const { status, stderr } = replay(join(DIR, file), '--traced')
  expect({ status, stderr }).toMatchObject({ status: 0 })
})

test.each(files)('%s with another activity in it is refused', (file) => {
  const history = JSON.parse(readFileSync(join(DIR, file), 'utf8')) as Recorded
  history.events.find((e) => e.activityTaskScheduledEventAttributes)!.activityTaskScheduledEventAttributes!.activityType.name =
    'somethingElse'
  const dir = mkdtempSync(join(tmpdir(), 'history-'))
  try {
    writeFileSync(join(dir, file), JSON.stringify(history))
    const { status, stderr } = replay(join(dir, file))
    expect(status).toBe(1)
    expect(stderr).toMatch(/determinis/i)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
