import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { Command } from 'commander'
import { CatalogRepository } from '../activities/catalog/repository.js'
import { S3Store } from '../activities/ports/s3.js'
import { readSettings } from '../contracts/index.js'
import { CommitCode } from './audit/commit-code.js'
import { fetchHistories, readHistories } from './audit/fetch-histories.js'
import { audit } from './audit/index.js'
import { findPage } from './audit/source.js'
import { platformEnv, runCommand } from './platform-env.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Flags {
  history?: string[]
  modules: string
  json: boolean
}

async function main(): Promise<number> {
  const command = new Command('npm run audit --')
    .description('Checks a catalog page from the outside: page, figures, object store, stored cases, git, workflow history and its replay.')
    .argument('<page>', 'a page: its path, or REVISION:PATH')
    .option('--history <files...>', 'exported histories (JSON) of the run and its children, where the server no longer has them')
    .option(
      '--modules <folder>',
      "node_modules for the code of the page's commit; those of another lock file may draw other bytes",
      join(ROOT, 'node_modules'),
    )
    .option('--json', 'print the findings as JSON', false)
    .addHelpText(
      'after',
      '\nPage, figures, scores and replay are made anew by the code of the commit that the page names, in a checkout of its own: audit pages of repositories that you trust.\nExit status: 0 all holds, 1 something does not, 2 there is no such page.',
    )
    .parse()
  const flags = command.opts<Flags>()
  const env = await platformEnv()
  const settings = readSettings(env)
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION'])
    if (env[name]) process.env[name] = env[name]
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const repository = new CatalogRepository(settings.FORMWRIGHT_REPOSITORY ?? ROOT, join(ROOT, '.formwright/worktrees'))
  const source = await findPage(ROOT, repository.git(), command.args[0]!)
  const opened: CommitCode[] = []
  const findings = await audit(
    {
      repository,
      store: new S3Store({
        bucket: settings.FORMWRIGHT_BUCKET,
        region: settings.FORMWRIGHT_REGIONS[0]!,
        endpoint: settings.FORMWRIGHT_S3_ENDPOINT,
      }),
      code: async (commit) => {
        const code = await CommitCode.checkOut(repository, commit, resolve(flags.modules))
        opened.push(code)
        return code
      },
      histories: (subject) => (flags.history ? readHistories(flags.history, subject) : fetchHistories(settings, subject)),
      decisionKey: settings.FORMWRIGHT_DECISION_KEY,
    },
    source,
  ).finally(() => Promise.all(opened.map((code) => code.close())))
  const wrong = findings.filter((finding) => !finding.holds)
  if (flags.json) process.stdout.write(`${JSON.stringify({ page: source.name, holds: wrong.length === 0, findings }, null, 1)}\n`)
  else {
    for (const { check, holds, detail } of findings) process.stdout.write(`${holds ? '  holds' : 'DOES NOT HOLD'}  ${check}: ${detail}\n`)
    process.stdout.write(`${source.name}: ${findings.length - wrong.length} hold, ${wrong.length} do not\n`)
  }
  return wrong.length === 0 ? 0 : 1
}

runCommand(main)
