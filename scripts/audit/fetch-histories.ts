import { readFile } from 'node:fs/promises'
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import type { Settings } from '../../contracts/index.js'
import { temporalAccess } from '../../contracts/temporal.js'
import { Refused } from '../platform-env.js'
import type { History } from './history.js'
import type { Subject } from './subject.js'

/** A run's history first, then those of the children that it started; null for one that is gone. */
export type Histories = Map<string, History | null>

const childrenOf = ({ events }: History): string[] =>
  (events ?? []).flatMap((event) => event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId ?? [])

/** From the server. @throws Error when it is away, or the run's own history is gone */
export async function fetchHistories(settings: Settings, { entry }: Subject): Promise<Histories> {
  // The machine is busy with everything else that is checked at the same time.
  const connection = await Connection.connect({ ...temporalAccess(settings), connectTimeout: '1 minute' }).catch((error: Error) => {
    throw new Error(
      `Temporal at ${settings.FORMWRIGHT_TEMPORAL_ADDRESS} is away (${error.message}); give the exported histories with --history`,
    )
  })
  try {
    const client = new Client({ connection, namespace: settings.FORMWRIGHT_TEMPORAL_NAMESPACE })
    const fetch = (id: string, runId?: string): Promise<History> => client.workflow.getHandle(id, runId).fetchHistory()
    const own = await fetch(entry.workflowId, entry.runId)
    const histories: Histories = new Map([[entry.workflowId, own]])
    for (const id of childrenOf(own)) {
      const history = await fetch(id).catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return null
        throw error
      })
      histories.set(id, history)
    }
    return histories
  } finally {
    await connection.close()
  }
}

/** From files that `temporal workflow show --output json` wrote, one for the run and one for each child. */
export async function readHistories(files: string[], { entry }: Subject): Promise<Histories> {
  const read = new Map<string, History>()
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new Refused(`There is no history file ${file}`, 2)
    })
    const history: History = historyFromJSON(JSON.parse(text))
    read.set(history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId || entry.workflowId, history)
  }
  const own = read.get(entry.workflowId)
  if (!own) throw new Error(`none of ${files.join(', ')} is the history of ${entry.workflowId}`)
  return new Map<string, History | null>([[entry.workflowId, own], ...childrenOf(own).map((id) => [id, read.get(id) ?? null] as const)])
}
