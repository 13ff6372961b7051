/** Text from outside as it may stand in a page: one line, nothing of it is markup. */
export const plain = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|#~&]/g, (c) => (c === '<' ? '&lt;' : c === '&' ? '&amp;' : `\\${c}`))

/** A table; cells are markdown already. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

export const section = (title: string, ...blocks: (string | null)[]): string =>
  [`## ${title}`, ...blocks.filter((block) => block !== null && block !== '')].join('\n\n')

export const code = (text: string): string => `\`${text}\``
