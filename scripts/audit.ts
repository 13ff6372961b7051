import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { Command } from 'commander'
import { CatalogRepository } from '../activities/catalog/repository.js'
import { S3Store } from '../activities/ports/s3.js'
import { readSettings, type Settings } from '../contracts/index.js'
import type { History } from './audit/history.js'
import { audit } from './audit/index.js'
import { workflowCode } from './audit/replay.js'
import { findPage } from './audit/source.js'
import type { Subject } from './audit/subject.js'
import { platformEnv, Refused, runCommand } from './platform-env.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Histories of a run and its children from the server; a child that never was, or is gone, is left out. */
async function fetchHistories(settings: Settings, { entry, runs }: Subject): Promise<Map<string, History>> {
  const connection = await Connection.connect({ address: settings.FORMWRIGHT_TEMPORAL_ADDRESS }).catch((error: Error) => {
    throw new Error(
      `Temporal at ${settings.FORMWRIGHT_TEMPORAL_ADDRESS} is away (${error.message}); give the exported history with --history`,
    )
  })
  try {
    const client = new Client({ connection, namespace: settings.FORMWRIGHT_TEMPORAL_NAMESPACE })
    const histories = new Map([[entry.workflowId, await client.workflow.getHandle(entry.workflowId, entry.runId).fetchHistory()]])
    for (const id of runs.flatMap((run) => [`train-on-spot/${run}`, `evaluate-variants/${run}`])) {
      const history = await client.workflow
        .getHandle(id)
        .fetchHistory()
        .catch((error: unknown) => {
          if (error instanceof WorkflowNotFoundError) return null
          throw error
        })
      if (history) histories.set(id, history)
    }
    return histories
  } finally {
    await connection.close()
  }
}

async function main(): Promise<number> {
  const command = new Command('npm run audit --')
    .description('Checks a catalog page from the outside: page, figures, object store, stored cases, git, workflow history and its replay.')
    .argument('<page>', 'a page: its path, or REVISION:PATH')
    .option('--history <file>', 'the exported history of the run (JSON), where the server no longer has it')
    .option('--json', 'print the findings as JSON', false)
    .addHelpText('after', '\nExit status: 0 all holds, 1 something does not, 2 there is no such page.')
    .parse()
  const flags = command.opts<{ history?: string; json: boolean }>()
  const env = await platformEnv()
  const settings = readSettings(env)
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION'])
    if (env[name]) process.env[name] = env[name]
  const repository = new CatalogRepository(settings.FORMWRIGHT_REPOSITORY ?? ROOT, join(ROOT, '.formwright/worktrees'))
  const source = await findPage(ROOT, repository.git(), command.args[0]!)
  const exported = async (file: string, { entry }: Subject): Promise<Map<string, History>> => {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new Refused(`There is no history file ${file}`, 2)
    })
    return new Map([[entry.workflowId, historyFromJSON(JSON.parse(text))]])
  }
  const findings = await audit(
    {
      repository,
      store: new S3Store({
        bucket: settings.FORMWRIGHT_BUCKET,
        region: settings.FORMWRIGHT_REGIONS[0]!,
        endpoint: settings.FORMWRIGHT_S3_ENDPOINT,
      }),
      code: (commit) => workflowCode(repository, commit, join(ROOT, 'node_modules')),
      histories: (subject) => (flags.history ? exported(flags.history, subject) : fetchHistories(settings, subject)),
      decisionKey: settings.FORMWRIGHT_DECISION_KEY,
    },
    source,
  )
  const wrong = findings.filter((finding) => !finding.holds)
  if (flags.json) process.stdout.write(`${JSON.stringify({ page: source.name, holds: wrong.length === 0, findings }, null, 1)}\n`)
  else {
    for (const { check, holds, detail } of findings) process.stdout.write(`${holds ? '  holds' : 'DOES NOT HOLD'}  ${check}: ${detail}\n`)
    process.stdout.write(`${source.name}: ${findings.length - wrong.length} hold, ${wrong.length} do not\n`)
  }
  return wrong.length === 0 ? 0 : 1
}

runCommand(main)
