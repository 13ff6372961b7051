import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../infra/local/layout.js'

/** Pages that tell people what to type. */
export const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md') && name !== 'licences.md')
    .map((name) => `docs/${name}`),
  'infra/aws/README.md',
  'infra/local/README.md',
  'infra/nixos/README.md',
]

/** A command as it stands on a page, without what its output goes to. */
export interface Told {
  page: string
  words: string[]
}

/** Words of a line of a shell: quotes hold together, `#` begins a comment, and a pipe or `;` ends the command. */
function wordsOf(text: string): string[] {
  const words: string[] = []
  for (const [whole] of text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'";|&])+|[;|&]/g)) {
    if (/^([;|&]|#.*)$/.test(whole)) break
    words.push(whole)
  }
  return words
}

/** Every command of a program on the pages: lines of code blocks, with their continuations, and code within a sentence. */
export function told(program: string): Told[] {
  const begins = new RegExp(`(?:^\\s*(?:[A-Z_]+=\\S+ )*|&& |\\bdo )(${program} .*)$`)
  return PAGES.flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const blocks = [...text.matchAll(/^```(?:sh)?\n([\s\S]*?)^```/gm)].flatMap(([, code]) => code!.replaceAll(/\\\n\s*/g, ' ').split('\n'))
    const spans = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!)
    return [...blocks, ...spans].flatMap((line) => {
      const command = begins.exec(line)?.[1]
      return command ? [{ page, words: wordsOf(command) }] : []
    })
  })
}

/** `--flag` and `-f` among words, without their values. */
export const flagsOf = (words: readonly string[]): string[] =>
  words.filter((word) => /^--?[a-zA-Z]/.test(word)).map((word) => word.split('=')[0]!)
