import type { Marker } from '../contracts/index.js'

/** A token that parts a chat's turns, or as much of one as was printed. */
const CHAT_TOKEN = /<\|[^|>]*\|?>?/g

/** Text of a PDF as data: no control characters, nothing that a chat model reads as the end or the beginning of a turn. */
export const stripControls = (text: string): string => text.replace(CHAT_TOKEN, ' ').replace(/\p{C}+/gu, ' ')

/** What has a meaning in an answer and none on a form: the marks between its parts, and the one sensitivity that is no word. */
const ANSWER_MARKS = /[|;=]+|\bpii\b/giu

const TO_THE_MODEL = [
  /\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|prompts?|above|previous(?:ly)?)\b/,
  /(?<=^|[.!?–—-]\s*)(?:system|assistant)\s*:\s*\S/,
  /(?:<\||\|>|\[\/?INST\]|<<\/?SYS>>)/,
  /\b(?:to|for|as|dear)\s+(?:the\s+|an?\s+|any\s+)?(?:(?:AI|LLM|chatbot|(?:large\s+)?language\s+model)\b|assistant\s*[:,!])/,
  /\byou are (?:now\b|an? .{0,30}\b(?:assistant|model|AI|chatbot)\b)/,
  /\b(?:all|every|each|other|following)\b.{0,30}\b(?:fields?|lines?|boxes|markers?|answers?)\b.{0,40}\b(?:are|is|as|be|required|pii|high)\b/,
  /\b(?:answer|output|reply|respond)\b.{0,60}\bfor (?:every|each|all)\b.{0,20}\b(?:fields?|lines?|boxe?s?|markers?)\b/,
  /\b(?:text|email|phone|url|number|currency|date|longText|choice|boolean)[ ;]+(?:pii\b|(?:medium|high)\b(?![\s-]*[a-z]))/,
]
const ORDER = new RegExp(TO_THE_MODEL.map((pattern) => pattern.source).join('|'), 'is')

/** Text up to where it begins to talk to a model, or to look like an answer: the rest names no field. */
export function withoutOrders(text: string): string {
  const at = text.normalize('NFKC').search(ORDER)
  return at < 0 ? text : text.normalize('NFKC').slice(0, at).trim()
}

/** A marker whose neighbours and hints give no orders; one that was nothing else is left out. */
export function markerWithoutOrders(marker: Marker): Marker {
  const { neighbours, hint } = marker
  return { ...marker, neighbours: textsWithoutOrders(neighbours), ...(hint ? { hint: textsWithoutOrders(hint) } : {}) }
}

const textsWithoutOrders = <T extends object>(texts: T): T =>
  Object.fromEntries(
    Object.entries(texts)
      .map(([key, text]) => [key, typeof text === 'string' ? withoutOrders(text) : text])
      .filter(([, text]) => text !== ''),
  ) as T

/** Text of a PDF as a prompt may carry it. */
export function promptText(text: string): string {
  return stripControls(text.normalize('NFKC'))
    .replace(ANSWER_MARKS, ' ')
    .replace(/[._…]{3,}/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
