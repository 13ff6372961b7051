import { stripControls } from './untrusted.js'

/** Longest label; longer captions are cut at the end. */
export const MAX_LABEL_WORDS = 14

/** Lower-case runs of letters and digits, diacritics removed: what label agreement compares. */
export function labelTokens(text: string): string[] {
  return (
    text
      .normalize('NFKD')
      .replace(/[\u0300-\u036f]/g, '')
      .toLowerCase()
      .replace(/(\p{L})['’](?=s\b)/gu, '$1')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}

/** F1 of the two token multisets, 0 to 1; two texts without tokens agree only when both are empty. */
export function tokenF1(a: string, b: string): number {
  const left = labelTokens(a)
  const right = labelTokens(b)
  if (left.length === 0 || right.length === 0) return left.length === right.length ? 1 : 0
  const counts = new Map<string, number>()
  for (const token of left) counts.set(token, (counts.get(token) ?? 0) + 1)
  let common = 0
  for (const token of right) {
    const count = counts.get(token) ?? 0
    if (count === 0) continue
    counts.set(token, count - 1)
    common++
  }
  return (2 * common) / (left.length + right.length)
}

/** Without dot leaders, underscore runs, arrows and doubled spaces. */
export function stripLeaders(text: string): string {
  return text
    .replace(/(?:\s*[.·•…]){3,}/gu, ' ')
    .replace(/(?:\s+[.·…]){1,}(?=\s|$)/gu, ' ')
    .replace(/_{2,}|[▶►▸➤➔→⯈❑☐□\u2610\uf000-\uf0ff]/gu, ' ')
    .replace(/-{3,}/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

// '4', '4a', '12b.', '(b)', 'a.', 'A)', '3.a.', '1.2', 'C10', 'B.1.b', 'II.', 'Line 7', 'Item 2:'; never a year or the word 'a'.
const NUMBER =
  /^(?:(?:line|item|box|question|no\.)\s*)?(?:\(?\d{1,3}\s?[a-z]?(?:\s?[.)]\s?[a-z0-9]{1,2})?(?:[.):]+|\s)|[A-Z]\.?\d{1,2}(?:\.[a-z0-9]{1,2})*[.):]?\s|[IVX]{1,5}(?:\.\s?\d{1,2}|[.)])\s|\(?[a-zA-Z]\)\s?|[a-zA-Z][.:]\s|[B-HJ-Z]\s(?=[A-Z])|[b-h]\s(?=[A-Z])|\([ivx]{1,4}\)\s?)\s*[-–—:]?\s*/

/** Without a leading line number or letter; a number that is all there is stays. */
export function stripNumber(text: string): string {
  let rest = text.trim()
  for (let i = 0; i < 3; i++) {
    const shorter = rest.replace(NUMBER, '').trim()
    if (shorter === rest || labelTokens(shorter).length === 0) return rest
    if (/^(?:%|percent|years?|months?|days?|or more|and over)\b/i.test(shorter)) return rest
    rest = shorter
  }
  return rest
}

const ASIDE =
  /\s*[([][^()[\]]*\b(?:see|instructions?|inst\.|attach|if any|if applicable|if different|if known|optional|required|print|type or|check|mark|select|enter|circle|m{1,2}[/-]d{1,2}|d{1,2}[/-]m{1,2}|mm|yyyy|continued|use|do not|complete|please|skip|include|including|not more than|up to)\b[^()[\]]*[)\]]/gi
/** An aside of this many words explains; a shorter one distinguishes. */
const LONG_ASIDE = /\s*[([](?:[^\s()[\]]+[\s]+){2,}[^\s()[\]]+[)\]]/g
const FILLING =
  /^(?:please\s+)?(?:(?:print or type|type or print|print|enter|write|fill in|provide|give|specify|indicate|insert)\s+(?:(?:in )?(?:the|your|an?)\s+)?|list\s+(?:all|the|your|any)\s+|this is (?:your|the)\s+)(?=[\p{L}])/iu
/** 'Check the appropriate box for…', 'Mark all that apply to…': what is asked stands behind. */
const TICKING =
  /^(?:please\s+)?(?:check|mark|tick|select|choose|indicate)\s+(?:(?:only\s+)?(?:one|all|any)\s+)?(?:of\s+)?(?:the\s+)?(?:(?:following|appropriate|applicable|correct|one|proper)\s+)?(?:box(?:es)?|option|answer)?(?:\s+(?:below|that (?:applies|apply|best describes?|describes?)))?\s*(?:to (?:indicate|show|attest to)|for|to|that shows)?\s+(?:(?:the|your)\s+)?/i
/** A label longer than this ends before its relative clause. */
const MAX_PLAIN_WORDS = 10
const CLAUSE = /^((?:\S+ ){4,}?\S+),? (?:whose|which|that|who)\b.*$/i
/** When a field is to be filled in is no part of what it is. */
const CONDITION = /, if\b.*$/i
/** What follows a colon and is this long explains. */
const EXPLANATION = /^([^:]{3,}):\s+(?:\S+\s+){5,}\S+$/
const INSTRUCTION_SENTENCE =
  /^(?:if|see|enter|attach|include|do not|don['’]t|skip|note|complete|check|go to|use|file|report|stop|otherwise|multiply|subtract|add|divide|combine|you must|caution)\b/i
const SUM_SENTENCE = /^(?:add|subtract|multiply|divide|combine)\b/i

function sentences(text: string): string[] {
  return text
    .split(/(?<=[a-z)0-9%][.?!])\s+(?=[A-Z(])/)
    .map((s) => s.trim())
    .filter(Boolean)
}

/** A caption of several sentences is known by the one that names something, not by those that instruct. */
function headSentence(text: string): string {
  const all = sentences(text)
  if (all.length < 2) return text
  const naming = all.filter((s) => !INSTRUCTION_SENTENCE.test(s) && !/^[([]/.test(s))
  return naming[0] ?? all.find((s) => SUM_SENTENCE.test(s)) ?? all[0]!
}

const SPANISH = /[áéíóúñ¿¡]|\b(?:de|del|la|las|el|los|que|su|sus|quien|para|por|con|si|una?|y)\b/i
/** 'Fecha de envío / Mailed': of a caption in Spanish and English, the English part; any other as it is. */
function inEnglish(label: string): string {
  const [spanish, english, ...more] = label.split(' / ')
  return english && more.length === 0 && SPANISH.test(spanish!) && !SPANISH.test(english) ? english : label
}

/**
 * A printed caption as a label: no line number, leaders, trailing punctuation or filling instruction, at most
 * {@link MAX_LABEL_WORDS} words. Words are never invented; '' stays ''.
 */
export function tidyLabel(text: string): string {
  let label = stripNumber(stripLeaders(stripControls(text)))
  const bare = label
    .replace(ASIDE, '')
    .replace(LONG_ASIDE, '')
    .replace(/\s{2,}/g, ' ')
    .trim()
  if (labelTokens(bare).length > 0) label = bare
  label = stripNumber(headSentence(label))
  const head = EXPLANATION.exec(label)?.[1]
  if (head && !INSTRUCTION_SENTENCE.test(head) && !/^(?:yes|no)\b/i.test(head)) label = head
  const named = label.replace(FILLING, '')
  if (labelTokens(named).length > 0) label = named
  const asked = label.replace(TICKING, '')
  if (labelTokens(asked).length > 1 && !/^(?:that|which|if|here|all|one)\b/i.test(asked)) label = asked
  if (label.split(' ').length > MAX_PLAIN_WORDS) label = label.replace(CLAUSE, '$1')
  const unconditional = label.replace(CONDITION, '')
  if (labelTokens(unconditional).length > 0) label = unconditional
  label = inEnglish(label)
  label = label.replace(/^[\s:;,.*•\-–—]+|[\s:;,.*•\-–—]+$/gu, '')
  const words = label.split(/\s+/).filter(Boolean)
  label = words
    .slice(0, MAX_LABEL_WORDS)
    .join(' ')
    .replace(/[\s:;,(]+$/u, '')
  return label && /^[a-z]/.test(label) ? label[0]!.toUpperCase() + label.slice(1) : label
}
