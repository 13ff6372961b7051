import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'

const FOLDER = fileURLToPath(new URL('../../../infra/aws/', import.meta.url))

export const ACCOUNT = '111122223333'
export const REGION = 'us-east-1'
export const TEMPLATES = ['storage', 'network', 'permissions'] as const
export const fileOf = (name: (typeof TEMPLATES)[number]): string => join(FOLDER, `${name}.yaml`)

const Template = z.object({
  Parameters: z.record(z.string(), z.object({ Default: z.union([z.string(), z.number()]).optional(), Type: z.string() }).loose()),
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()) }).loose()),
})

/** Values that stand for what CloudFormation would fill in. */
const GIVEN: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  BucketName: 'formwright',
  LaunchTemplate: 'lt-0abc',
  MonthlyDollars: '50',
}
/** `Fn::GetAtt` of the resources whose attributes the policies use. */
const ATTRIBUTES: Record<string, string> = {
  'Bucket.Arn': 'arn:aws:s3:::formwright',
  'InstanceRole.Arn': `arn:aws:iam::${ACCOUNT}:role/formwright-instance`,
  'InstanceProfile.Arn': `arn:aws:iam::${ACCOUNT}:instance-profile/formwright-instance`,
}

/** A template's resources with its intrinsic functions replaced, parameters at their defaults. */
export function resourcesOf(name: (typeof TEMPLATES)[number]): Record<string, { Type: string; Properties: Record<string, unknown> }> {
  const template = Template.parse(parse(readFileSync(fileOf(name), 'utf8')))
  const given = (key: string): unknown => {
    const parameter = template.Parameters[key]
    const value = GIVEN[key] ?? ATTRIBUTES[key] ?? parameter?.Default
    if (value === undefined) return `<${key}>`
    return parameter?.Type === 'CommaDelimitedList' ? String(value).split(',') : String(value)
  }
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve)
    if (typeof node !== 'object' || node === null) return node
    const [[key, value] = [undefined, undefined], ...more] = Object.entries(node)
    if (more.length === 0 && key === 'Ref') return given(String(value))
    if (more.length === 0 && key === 'Fn::GetAtt') return given((value as string[]).join('.'))
    if (more.length === 0 && key === 'Fn::Sub')
      return String(value).replace(/\$\{(!?)([^}]+)\}/g, (_, literal, name) => (literal ? `\${${name}}` : String(given(name))))
    return Object.fromEntries(Object.entries(node).map(([k, v]) => [k, resolve(v)]))
  }
  return resolve(template.Resources) as ReturnType<typeof resourcesOf>
}

const OneOrMore = z.union([z.string(), z.array(z.string())]).transform((v) => (Array.isArray(v) ? v : [v]))
export const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.unknown().optional(),
  Action: OneOrMore,
  Resource: OneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), OneOrMore)).default({}),
})
export type Statement = z.infer<typeof Statement>
const Document = z.object({ Version: z.literal('2012-10-17'), Statement: z.array(Statement) })

const statementsOf = (document: unknown): Statement[] => Document.parse(document).Statement

/** The identity policies of a role of permissions.yaml, inline and attached. */
export function roleStatements(role: 'WorkerRole' | 'InstanceRole' | 'InferenceRole'): Statement[] {
  const resources = resourcesOf('permissions')
  const inline = z
    .array(z.object({ PolicyDocument: z.unknown() }))
    .default([])
    .parse(resources[role]!.Properties.Policies)
  const attached = Object.values(resources).filter((r) => r.Type === 'AWS::IAM::RolePolicy' && r.Properties.RoleName === `<${role}>`)
  return [...inline.map((p) => p.PolicyDocument), ...attached.map((r) => r.Properties.PolicyDocument)].flatMap(statementsOf)
}

export const bucketStatements = (): Statement[] => statementsOf(resourcesOf('storage').BucketPolicy!.Properties.PolicyDocument)

/** Every policy document of the templates, by where it is. */
export function documents(): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const name of TEMPLATES)
    for (const [id, { Properties }] of Object.entries(resourcesOf(name))) {
      if (Properties.PolicyDocument) found[`${name}.${id}`] = Properties.PolicyDocument
      for (const [i, policy] of ((Properties.Policies as { PolicyDocument: unknown }[] | undefined) ?? []).entries())
        found[`${name}.${id}.${i}`] = policy.PolicyDocument
    }
  return found
}
