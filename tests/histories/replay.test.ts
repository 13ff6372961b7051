import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from '@temporalio/worker'
import { workflowBundle } from '../../workers/build-bundle.js'

const DIR = fileURLToPath(new URL('.', import.meta.url))
const files = (await readdir(DIR)).filter((f) => f.endsWith('.json')).sort()
const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(DIR, file), 'utf8'))
const replay = async (history: unknown): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, 'replayed')

interface Recorded {
  events: { eventType: string; activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[]
}

test('there are recorded histories of the whole chain', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      expect.stringContaining('fine-tune-extraction'),
      expect.stringContaining('train-on-spot'),
      expect.stringContaining('evaluate-variants'),
    ]),
  )
})

test.each(files)('%s takes the same decisions again', async (file) => {
  await replay(await read(file))
})

test.each(files)('%s with another activity in it is refused', async (file) => {
  const history = (await read(file)) as Recorded
  const scheduled = history.events.find((e) => e.activityTaskScheduledEventAttributes)
  scheduled!.activityTaskScheduledEventAttributes!.activityType.name = 'somethingElse'
  await expect(replay(history)).rejects.toThrow(/[Nn]ondetermini/)
})
