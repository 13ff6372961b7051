import type { AnswerField } from '../contracts/index.js'

/** Probabilities, 0 to 1, that the model gave to what it wrote of one marker. */
export interface LineConfidence {
  /** Mean over the line's tokens. */
  mean: number
  /** The least of the tokens that make each part; where a part is left out, of the token that stands in its place. */
  fieldType: number
  sensitivity: number
  required: number
}

/** Below this the rules' judgement stands: the model turns from it often, at odds that are near even. */
const SURE = 0.8

const PARTS = /;(?<fieldType>[A-Za-z]*)(?<sensitivity> [a-z]+)?(?<required> \*)?/

interface Token {
  text: string
  probability: number
}

/**
 * The least probability among the tokens of the span, which has one character at least. What an answer ends before was
 * left out by its end, whose probability no server tells: nothing is known of it, which is 0.
 */
function leastIn(tokens: Token[], from: number, to: number): number {
  let at = 0
  const inside: number[] = []
  for (const { text, probability } of tokens) {
    if (at + text.length > from && at < Math.max(to, from + 1)) inside.push(probability)
    at += text.length
  }
  return inside.length === 0 ? 0 : Math.min(...inside)
}

function confidenceOf(tokens: Token[]): LineConfidence {
  const mean = tokens.length === 0 ? 1 : Math.min(1, tokens.reduce((sum, { probability }) => sum + probability, 0) / tokens.length)
  const found = PARTS.exec(tokens.map(({ text }) => text).join(''))
  if (!found) return { mean, fieldType: 1, sensitivity: 1, required: 1 }
  const type = found.index + 1
  const sensitivity = type + found.groups!.fieldType!.length
  const required = sensitivity + (found.groups!.sensitivity?.length ?? 0)
  return {
    mean,
    fieldType: leastIn(tokens, type, sensitivity),
    sensitivity: leastIn(tokens, sensitivity, required),
    required: leastIn(tokens, required, required + 1),
  }
}

/** Confidences of an answer's lines, the section's first, from the engine's tokens and log probabilities. */
export function lineConfidences(tokens: string[], logprobs: (number | null)[]): LineConfidence[] {
  const lines: Token[][] = [[]]
  tokens.forEach((text, i) => {
    lines.at(-1)!.push({ text, probability: Math.exp(logprobs[i] ?? 0) })
    if (text.includes('\n')) lines.push([])
  })
  return lines.map(confidenceOf)
}

/** The model's judgement where it is sure, the rules' where it is not. */
export function judged(model: AnswerField, rules: AnswerField | undefined, sure: LineConfidence | undefined): AnswerField {
  if (!rules || !sure) return model
  return {
    ...model,
    ...(sure.fieldType < SURE ? { fieldType: rules.fieldType } : {}),
    ...(sure.sensitivity < SURE ? { sensitivity: rules.sensitivity } : {}),
    ...(sure.required < SURE ? { required: rules.required } : {}),
  }
}
