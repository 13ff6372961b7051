import type { AnswerField, Marker, Window } from '../contracts/index.js'
import { tidyLabel, tokenF1 } from './label.js'
import { promptText } from './untrusted.js'
import { answerByRules } from './variants/rules-v1.js'

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
const INSTRUCTION = 'Fields as label;type sensitivity *required, = keeps:'

const limitOf = (key: (typeof ORDER)[number]): number =>
  key === 'below' || key === 'columnHeader' || key === 'rowHeader' ? MAX_FAR_WORDS : MAX_NEIGHBOUR_WORDS

/** Keeps head and tail of a long caption: both ends carry the name of the field. */
export function clip(text: string, words: number): string {
  const parts = promptText(text).split(' ')
  if (parts.length <= words) return parts.join(' ')
  const tail = Math.floor(words / 2)
  return [...parts.slice(0, words - tail), '…', ...parts.slice(-tail)].join(' ')
}

/** What the rules say of a marker: their field, or that it joins the field before. */
type Guess = AnswerField | 'joined'

function guessesOf(window: Window): Map<number, Guess> {
  const guesses = new Map<number, Guess>()
  for (const field of answerByRules(window).fields) {
    for (const [i, id] of field.markers.entries()) guesses.set(id, i === 0 ? field : 'joined')
  }
  return guesses
}

/** Type, sensitivity and required as a line gives them: `;type[ sensitivity][ *]`. */
export function judgement({ fieldType, sensitivity, required }: AnswerField): string {
  return `;${fieldType}${sensitivity === 'low' ? '' : ` ${sensitivity}`}${required ? ' *' : ''}`
}

function describeMarker(marker: Marker, number: number, section: string, guess: Guess | undefined): string {
  const what: string[] = [String(number), marker.multiline ? 'area' : marker.kind]
  if (marker.comb && marker.maxLength) what.push(`comb ${marker.maxLength}`)
  else if (marker.maxLength && marker.maxLength <= 20) what.push(`max ${marker.maxLength}`)
  if (marker.paperOnly) what.push('paper')
  if (guess === 'joined') what.push('+')
  const pieces = [what.join(' ')]
  const seen = [tidyLabel(section).toLowerCase()]
  if (guess && guess !== 'joined') {
    pieces.push(`${clip(guess.label, MAX_NEIGHBOUR_WORDS) || 'Field'}${judgement(guess)}`)
    seen.push(guess.label.toLowerCase())
  }
  for (const key of ORDER) {
    const text = clip(marker.neighbours[key] ?? '', limitOf(key))
    const bare = tidyLabel(text).toLowerCase()
    if (bare === '' || seen.includes(bare)) continue
    if (key === 'below' && pieces.length > 3) continue
    seen.push(bare)
    pieces.push(`${WORD_FOR[key]}: ${text}`)
  }
  if (marker.kind === 'choice' && marker.options?.length)
    pieces.push(`options: ${clip(marker.options.slice(0, MAX_OPTIONS).join(', '), MAX_NEIGHBOUR_WORDS)}`)
  const tip = clip(marker.hint?.tooltip ?? marker.hint?.fieldName ?? '', MAX_NEIGHBOUR_WORDS)
  if (tip && !seen.some((text) => tokenF1(text, tip) === 1)) pieces.push(`hint: ${tip}`)
  return pieces.join(' | ')
}

/**
 * ChatML text of a window; markers are numbered from 1 within it. A marker's line gives what it is, the answer of
 * the rules (or `+` when they join it to the field before), and the text around it. The model continues
 * after the assistant's header.
 */
export function renderPrompt(window: Window): string {
  const section = clip(window.section, MAX_TITLE_WORDS)
  const guesses = guessesOf(window)
  const lines = window.markers.map((marker, i) => describeMarker(marker, i + 1, section, guesses.get(marker.id)))
  return `<|im_start|>user\n${INSTRUCTION}\n${clip(window.formTitle, MAX_TITLE_WORDS)}\n# ${section}\n${lines.join('\n')}<|im_end|>\n<|im_start|>assistant\n`
}

const wordsOf = (texts: string[]): string[] => [
  ...new Set(
    texts
      .join(' ')
      .split(' ')
      .filter((w) => w !== '' && w !== '…'),
  ),
]

/** The words around a marker, as they stand in its line of the prompt. */
export function markerWords(marker: Marker): string[] {
  const around = ORDER.map((key) => clip(marker.neighbours[key] ?? '', limitOf(key)))
  return wordsOf([...around, clip(marker.hint?.tooltip ?? marker.hint?.fieldName ?? '', MAX_NEIGHBOUR_WORDS)])
}

/** The words that name a window's section: its heading; the form's title and all that is around its markers when it has none. */
export function sectionWords(window: Window): string[] {
  const heading = wordsOf([clip(window.section, MAX_TITLE_WORDS)])
  return heading.length > 0
    ? heading
    : [...new Set([...wordsOf([clip(window.formTitle, MAX_TITLE_WORDS)]), ...window.markers.flatMap(markerWords)])]
}
