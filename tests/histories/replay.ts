import { readFile } from 'node:fs/promises'
import proto from '@temporalio/proto'
import { Worker } from '@temporalio/worker'
import { workflowBundle } from '../../workers/build-bundle.js'

/** Times and durations of protobuf's JSON, as protobufjs takes them; all else it reads by itself. */
function revive(value: unknown): unknown {
  if (typeof value === 'string') {
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value))
      return { seconds: Math.floor(Date.parse(value) / 1000), nanos: (Date.parse(value) % 1000) * 1e6 }
    const duration = /^(\d+)(\.\d+)?s$/.exec(value)
    return duration ? { seconds: Number(duration[1]), nanos: Math.round(Number(duration[2] ?? 0) * 1e9) } : value
  }
  if (Array.isArray(value)) return value.map(revive)
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, revive(v)]))
  return value
}

// replay.ts FILE [WORKFLOW-ID] [--traced]: replays a recorded history against today's workflow code; exit code 0 when it takes the same decisions.
const recorded = revive(JSON.parse(await readFile(process.argv[2]!, 'utf8'))) as { [key: string]: unknown }
try {
  await Worker.runReplayHistory(
    {
      workflowBundle: await workflowBundle({ traced: process.argv.includes('--traced') }),
      // Spans of a replay go nowhere.
      sinks: { exporter: { export: { fn: () => undefined } } },
    },
    proto.temporal.api.history.v1.History.fromObject(recorded),
    process.argv[3] ?? 'replayed',
  )
} catch (error) {
  process.stderr.write(`${(error as Error).name}: ${(error as Error).message}\n`)
  process.exitCode = 1
}
