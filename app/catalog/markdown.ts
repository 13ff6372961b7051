import { marked } from 'marked'
import sanitize from 'sanitize-html'

const ALIGNED = ['align']

/** Numbers stay whole in narrow columns: `96.9 %`, `92.5–100.0` and `+0.0 to +2.8` are not broken. */
const unbroken = (text: string): string =>
  text
    .replaceAll(/(\d) %/g, '$1\u00a0%')
    .replaceAll(/([\d.]+)–([\d.]+)/g, '$1\u2060–\u2060$2')
    .replaceAll(/([+−-][\d.]+) to ([+−-][\d.]+)/g, '$1\u00a0to\u00a0$2')

/** Markdown as HTML that carries no script, style, form or frame, whoever wrote the page. */
export function renderMarkdown(markdown: string): string {
  const body = markdown.replace(/^---\n[\s\S]*?\n---\n/, '')
  let tables = 0
  return (
    sanitize(marked.parse(body, { gfm: true, async: false }), {
      allowedTags: [...sanitize.defaults.allowedTags.filter((tag) => tag !== 'iframe'), 'img', 'details', 'summary', 'del'],
      allowedAttributes: {
        a: ['href', 'title'],
        img: ['src', 'alt', 'width', 'height', 'title'],
        th: ALIGNED,
        td: ALIGNED,
        code: ['class'],
      },
      allowedSchemes: ['http', 'https', 'mailto'],
      allowedSchemesByTag: { img: [] },
      allowProtocolRelative: false,
      // What is meant to be copied is left as it is.
      textFilter: (text, tag) => (tag === 'code' || tag === 'pre' ? text : unbroken(text)),
    })
      // A table that is wider than the page scrolls by itself, by keyboard too.
      .replaceAll('<table>', () => `<div class="scroll" tabindex="0" role="region" aria-label="Table ${++tables}"><table>`)
      .replaceAll('</table>', '</table></div>')
      // A table of names and values has no heads.
      .replaceAll(/<th([^>]*)><\/th>/g, '<td$1></td>')
  )
}

/** The first heading of a page. */
export const titleOf = (markdown: string): string | undefined => /^#\s+(.+)$/m.exec(markdown)?.[1]?.trim()
