import type { Statement } from './template.js'

/** One authorisation question as AWS puts it: an API call asks one for each resource it touches. */
export interface Question {
  action: string
  resource: string
  /** Condition keys of the request; a list for keys of several values. An absent key is absent. */
  context: Record<string, string | string[]>
}
export type Answer = { verdict: 'allowed' | 'denied' | 'not allowed'; by: string[] }

/** `*` and `?` as in IAM; what a variable put in counts as it is. */
function matches(pattern: string, value: string, context: Question['context']): boolean {
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const parts = pattern.split(/(\$\{[^}]+\}|\*|\?)/).map((part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    const variable = /^\$\{([^}]+)\}$/.exec(part)?.[1]
    if (!variable) return literal(part)
    const given = context[variable]
    // A variable without a value matches nothing.
    return typeof given === 'string' ? literal(given) : '(?!)'
  })
  return new RegExp(`^${parts.join('')}$`, 's').test(value)
}

type Test = (wanted: string, found: string, context: Question['context']) => boolean
const OPERATORS: Record<string, Test> = {
  StringEquals: (wanted, found) => wanted === found,
  StringLike: matches,
  ArnEquals: matches,
  Bool: (wanted, found) => wanted === found,
}

function holds(operator: string, key: string, wanted: string[], context: Question['context']): boolean {
  const found = context[key]
  if (operator === 'Null') return wanted.includes(String(found === undefined))
  const [, forAll, name, ifExists] = /^(ForAllValues:)?(\w+?)(IfExists)?$/.exec(operator)!
  const test = OPERATORS[name!]
  if (!test) throw new Error(`This evaluator does not know ${operator}: teach it, or use another operator`)
  if (found === undefined) return Boolean(forAll || ifExists)
  const values = Array.isArray(found) ? found : [found]
  const one = (value: string): boolean => wanted.some((pattern) => test(pattern, value, context))
  return forAll ? values.every(one) : values.some(one)
}

function applies(statement: Statement, question: Question): boolean {
  const { action, resource, context } = question
  return (
    statement.Action.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase(), context)) &&
    (statement.Resource ?? ['*']).some((pattern) => matches(pattern, resource, context)) &&
    Object.entries(statement.Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, key, wanted, context)),
    )
  )
}

/** A Deny wins, then an Allow; without either it is not allowed. `by` names the statements that decided. */
export function evaluate(statements: Statement[], question: Question): Answer {
  const named = (found: Statement[]): string[] => found.map((s) => s.Sid ?? '(no Sid)')
  const applying = statements.filter((statement) => applies(statement, question))
  const denies = applying.filter((s) => s.Effect === 'Deny')
  if (denies.length > 0) return { verdict: 'denied', by: named(denies) }
  const allows = applying.filter((s) => s.Effect === 'Allow')
  return { verdict: allows.length > 0 ? 'allowed' : 'not allowed', by: named(allows) }
}
