import type { Marker, Window } from '../contracts/index.js'

const MAX_NEIGHBOUR_WORDS = 18
/** What is not beside the widget is seldom its name: less of it is shown. */
const MAX_FAR_WORDS = 10
const MAX_TITLE_WORDS = 12
const MAX_OPTIONS = 6
/** In order of how often each names the field; what repeats an earlier one is left out. */
const ORDER = ['inside', 'left', 'above', 'right', 'lineStart', 'lead', 'columnHeader', 'rowHeader', 'below'] as const
const WORD_FOR: Record<(typeof ORDER)[number], string> = {
  inside: 'in',
  left: 'left',
  above: 'above',
  right: 'right',
  lineStart: 'line',
  lead: 'lead',
  columnHeader: 'column',
  rowHeader: 'row',
  below: 'below',
}
const INSTRUCTION = 'Name each field of this form part.'

const limitOf = (key: (typeof ORDER)[number]): number =>
  key === 'below' || key === 'columnHeader' || key === 'rowHeader' ? MAX_FAR_WORDS : MAX_NEIGHBOUR_WORDS

/** Text of a PDF as data: control characters and chat-control tokens cannot get through. */
function clean(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/<\|[^|>]*\|?>?/g, ' ')
    .replace(/[\p{C}|;]+/gu, ' ')
    .replace(/[._…]{3,}/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Keeps head and tail of a long caption: both ends carry the name of the field. */
export function clip(text: string, words: number): string {
  const parts = clean(text).split(' ')
  if (parts.length <= words) return parts.join(' ')
  const tail = Math.floor(words / 2)
  return [...parts.slice(0, words - tail), '…', ...parts.slice(-tail)].join(' ')
}

function describeMarker(marker: Marker, number: number, section: string): string {
  const what: string[] = [String(number), marker.multiline ? 'area' : marker.kind]
  if (marker.comb && marker.maxLength) what.push(`comb ${marker.maxLength}`)
  else if (marker.maxLength && marker.maxLength <= 20) what.push(`max ${marker.maxLength}`)
  if (marker.paperOnly) what.push('paper')
  const pieces = [what.join(' ')]
  const seen: string[] = [section.toLowerCase()]
  for (const key of ORDER) {
    const text = clip(marker.neighbours[key] ?? '', limitOf(key))
    if (text === '' || seen.some((s) => s === text.toLowerCase())) continue
    if (key === 'below' && pieces.length > 2) continue
    seen.push(text.toLowerCase())
    pieces.push(`${WORD_FOR[key]}: ${text}`)
  }
  if (marker.kind === 'choice' && marker.options?.length)
    pieces.push(`options: ${clip(marker.options.slice(0, MAX_OPTIONS).join(', '), MAX_NEIGHBOUR_WORDS)}`)
  const tip = marker.hint?.tooltip ?? marker.hint?.fieldName
  if (tip) pieces.push(`hint: ${clip(tip, MAX_NEIGHBOUR_WORDS)}`)
  return pieces.join(' | ')
}

/** ChatML text of a window; markers are numbered from 1 within it. The model continues after the assistant's header. */
export function renderPrompt(window: Window): string {
  const section = clip(window.section, MAX_TITLE_WORDS)
  const lines = window.markers.map((marker, i) => describeMarker(marker, i + 1, section))
  return `<|im_start|>user\n${INSTRUCTION}\n${clip(window.formTitle, MAX_TITLE_WORDS)}\n# ${section}\n${lines.join('\n')}<|im_end|>\n<|im_start|>assistant\n`
}

/** The words of a window that a label may use, as they stand in its prompt. */
export function windowWords(window: Window): string[] {
  const texts = window.markers.flatMap((m) => [
    ...ORDER.map((key) => clip(m.neighbours[key] ?? '', limitOf(key))),
    clip(m.hint?.tooltip ?? m.hint?.fieldName ?? '', MAX_NEIGHBOUR_WORDS),
  ])
  texts.push(clip(window.section, MAX_TITLE_WORDS), clip(window.formTitle, MAX_TITLE_WORDS))
  return [
    ...new Set(
      texts
        .join(' ')
        .split(' ')
        .filter((w) => w !== '' && w !== '…'),
    ),
  ]
}
