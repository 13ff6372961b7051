import { evaluate, type Question } from './evaluate.js'
import { type Call, questionsOf } from './questions.js'
import { bucketStatements, roleStatements } from './template.js'

/**
 * What of recorded calls infra/aws/ does not allow a role, as `action resource`.
 * @param tagsOf tags of an instance that exists, by its id
 */
export function notAllowed(
  role: Parameters<typeof roleStatements>[0],
  calls: readonly Call[],
  tagsOf: (instanceId: string) => Record<string, string> = () => ({}),
): string[] {
  const statements = [...roleStatements(role), ...bucketStatements()]
  const allowed = (question: Question): boolean => evaluate(statements, question).verdict === 'allowed'
  return calls
    .flatMap((call) => questionsOf(call, tagsOf))
    .filter((question) => !allowed(question))
    .map(({ action, resource }) => `${action} ${resource}`)
}
