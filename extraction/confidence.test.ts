import { expect, test } from '@jest/globals'
import type { AnswerField } from '../contracts/index.js'
import { judged, lineConfidences } from './confidence.js'

/** Tokens with their probabilities, as an engine gives them. */
const confidencesOf = (...tokens: [string, number][]) =>
  lineConfidences(
    tokens.map(([text]) => text),
    tokens.map(([, probability]) => Math.log(probability)),
  )
const rounded = (value: object | undefined) =>
  JSON.parse(JSON.stringify(value), (_, v) => (typeof v === 'number' ? Number(v.toFixed(3)) : v))

test('the confidence of a line is the mean probability of its tokens', () => {
  const lines = confidencesOf(['# A', 1], ['\n', 1], ['1 B', 0.5], [';text', 0.25])
  expect(lines.map(({ mean }) => mean)).toEqual([1, 0.375])
})

test('each part of a judgement has the least probability of its tokens', () => {
  const [, line] = confidencesOf(
    ['# =', 1],
    ['\n', 1],
    ['1 =', 1],
    [';', 1],
    ['long', 0.9],
    ['Text', 0.6],
    [' pii', 0.7],
    [' *', 0.5],
    ['\n', 1],
  )
  expect(rounded(line)).toMatchObject({ fieldType: 0.6, sensitivity: 0.7, required: 0.5 })
})

test('what is left out is as sure as the token in its place', () => {
  const [, line] = confidencesOf(['# =', 1], ['\n', 1], ['1 =', 1], [';', 1], ['date', 0.9], ['\n', 0.55])
  expect(rounded(line)).toMatchObject({ fieldType: 0.9, sensitivity: 0.55, required: 0.55 })
})

test('what is left out at the end of an answer is not sure at all, since nobody tells how sure the end was', () => {
  const [, line] = confidencesOf(['# =', 1], ['\n', 1], ['1 =', 1], [';', 1], ['date', 0.9])
  expect(rounded(line)).toMatchObject({ fieldType: 0.9, sensitivity: 0, required: 0 })
  const [, marked] = confidencesOf(['# =', 1], ['\n', 1], ['1 =', 1], [';', 1], ['date', 0.9], [' pii', 0.85], [' *', 0.95])
  expect(rounded(marked)).toMatchObject({ fieldType: 0.9, sensitivity: 0.85, required: 0.95 })
})

test("the rules' judgement stands where the model is unsure, part by part", () => {
  const rules: AnswerField = { markers: [1], label: 'Wages', fieldType: 'currency', sensitivity: 'medium', required: false }
  const model: AnswerField = { markers: [1], label: 'Monthly wages', fieldType: 'number', sensitivity: 'pii', required: true }
  const sure = { mean: 0.9, fieldType: 0.5, sensitivity: 0.95, required: 0.3 }
  expect(judged(model, rules, sure)).toEqual({ ...model, fieldType: 'currency', required: false })
  expect(judged(model, undefined, sure)).toEqual(model)
  expect(judged(model, rules, undefined)).toEqual(model)
})
