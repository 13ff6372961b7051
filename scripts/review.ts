import { userInfo } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { readConfig } from '../app/config.js'
import type { Pair } from '../contracts/index.js'
import { DATA_DIR } from '../data/fine-tuning/extraction/curate.js'
import { ReviewShelf } from './review/shelf.js'

const shelf = new ReviewShelf(join(readConfig(process.env).stateDir, 'candidates'), DATA_DIR)
const say = (text: string) => void process.stdout.write(`${text}\n`)

function shown({ id, spec, kind, review, fieldMapping }: Pair): string {
  const groups = spec.groups.map(({ title, requirements }) => [
    `\n  ${title}`,
    ...requirements.map((r) => {
      const widgets = (fieldMapping[r.fieldName] ?? []).map((w) => `${w.page}/${w.index}`).join(' ')
      return `    ${r.label}  (${r.fieldType}${r.required ? ', required' : ''}, ${r.sensitivity ?? 'low'}; ${widgets || 'no widget'})`
    }),
  ])
  return [`${id}: ${spec.title}, ${kind}, corrected by ${review.by} on ${review.on}`, ...groups.flat()].join('\n')
}

const command = new Command('review')
  .description('Review forms that were corrected in the app: only those that are accepted here are trained on')
  .action(async () => {
    const waiting = await shelf.list()
    if (waiting.length === 0) say('No candidate waits for a review.')
    for (const { id, spec, review } of waiting) say(`${id}  ${spec.title} (by ${review.by}, ${review.on})`)
  })
command
  .command('show <id>')
  .description('all of a candidate')
  .action(async (id: string) => say(shown(await shelf.one(id))))
command
  .command('accept <id>')
  .description('put a candidate into the dataset as checked')
  .option('--by <name>', 'who checked it', userInfo().username)
  .action(async (id: string, { by }: { by: string }) =>
    say(`${await shelf.accept(id, by)}\nThe next run trains on it. Renew the dataset card with npm run dataset:card, and commit both.`),
  )
command
  .command('reject <id>')
  .description('leave a candidate out for good')
  .option('--by <name>', 'who checked it', userInfo().username)
  .action(async (id: string, { by }: { by: string }) => {
    await shelf.reject(id, by)
    say(`${id} is rejected and is not asked about again.`)
  })

await command.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
