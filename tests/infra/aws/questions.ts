import type { Question } from './evaluate.js'
import { ACCOUNT, REGION } from './template.js'

/** An HTTP request to S3 or EC2, as it was sent. */
export interface Call {
  service: 's3' | 'ec2'
  method: string
  url: string
  headers: Record<string, string | string[] | undefined>
  body: string
}

const ec2 = (kind: string, id = '*'): string => `arn:aws:ec2:${REGION}:${ACCOUNT}:${kind}/${id}`

function ofS3({ method, url, headers }: Call): Question[] {
  const { pathname, searchParams } = new URL(url, 'http://s3')
  const [bucket, ...rest] = decodeURIComponent(pathname).slice(1).split('/')
  const key = rest.join('/')
  const context: Question['context'] = { 'aws:SecureTransport': 'true' }
  const resource = `arn:aws:s3:::${bucket}${key ? `/${key}` : ''}`
  if (method === 'GET' && !key && searchParams.get('list-type') === '2') {
    const prefix = searchParams.get('prefix')
    return [{ action: 's3:ListBucket', resource, context: prefix === null ? context : { ...context, 's3:prefix': prefix } }]
  }
  if ((method === 'GET' || method === 'HEAD') && key) return [{ action: 's3:GetObject', resource, context }]
  if (method === 'PUT' && key && !searchParams.has('uploadId')) {
    const condition = headers['if-none-match']
    return [{ action: 's3:PutObject', resource, context: condition ? { ...context, 's3:if-none-match': String(condition) } : context }]
  }
  throw new Error(`No IAM action is known here for ${method} ${url}`)
}

/** Tags that RunInstances puts on a kind of resource. */
function tagsFor(form: URLSearchParams, kind: string): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const [name, value] of form) {
    const [, spec, index] = /^TagSpecification\.(\d+)\.Tag\.(\d+)\.Key$/.exec(name) ?? []
    if (!spec || form.get(`TagSpecification.${spec}.ResourceType`) !== kind) continue
    tags[value] = form.get(`TagSpecification.${spec}.Tag.${index}.Value`) ?? ''
  }
  return tags
}

const requestTags = (tags: Record<string, string>): Question['context'] => ({
  ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  'aws:TagKeys': Object.keys(tags),
})

/** RunInstances asks for everything that it makes or uses, for the tags, and for the role it hands over. */
function ofRunInstances(form: URLSearchParams): Question[] {
  const template = form.get('LaunchTemplate.LaunchTemplateId')
  const common: Question['context'] = template ? { 'ec2:LaunchTemplate': ec2('launch-template', template) } : {}
  const profile = form.get('IamInstanceProfile.Name')
  const instance: Question['context'] = {
    ...common,
    ...requestTags(tagsFor(form, 'instance')),
    'ec2:InstanceMarketType': form.get('InstanceMarketOptions.MarketType') ?? 'on-demand',
    'ec2:InstanceType': form.get('InstanceType') ?? '',
    'ec2:MetadataHttpTokens': form.get('MetadataOptions.HttpTokens') ?? 'optional',
    ...(profile ? { 'ec2:InstanceProfile': `arn:aws:iam::${ACCOUNT}:instance-profile/${profile}` } : {}),
  }
  const volume = { ...common, ...requestTags(tagsFor(form, 'volume')), 'ec2:Encrypted': template ? 'true' : 'false' }
  const used = ['network-interface', 'security-group', 'spot-instances-request', 'subnet'].map((kind) => ec2(kind))
  const plain = [...used, `arn:aws:ec2:${REGION}::image/${form.get('ImageId')}`, ...(template ? [ec2('launch-template', template)] : [])]
  const tagging = (kind: string): Question => ({
    action: 'ec2:CreateTags',
    resource: ec2(kind),
    context: { ...requestTags(tagsFor(form, kind)), 'ec2:CreateAction': 'RunInstances' },
  })
  const role = profile && { action: 'iam:PassRole', resource: `arn:aws:iam::${ACCOUNT}:role/${profile}` }
  return [
    { action: 'ec2:RunInstances', resource: ec2('instance'), context: instance },
    { action: 'ec2:RunInstances', resource: ec2('volume'), context: volume },
    ...plain.map((resource) => ({ action: 'ec2:RunInstances', resource, context: common })),
    tagging('instance'),
    tagging('volume'),
    ...(role ? [{ ...role, context: { 'iam:PassedToService': 'ec2.amazonaws.com' } }] : []),
  ]
}

/**
 * What AWS asks its policies when it gets this call.
 * @param tagsOf tags of an instance that exists, by its id
 */
export function questionsOf(call: Call, tagsOf: (instanceId: string) => Record<string, string>): Question[] {
  if (call.service === 's3') return ofS3(call)
  const form = new URLSearchParams(call.body)
  const action = form.get('Action') ?? ''
  if (action === 'RunInstances') return ofRunInstances(form)
  if (action.startsWith('Describe')) return [{ action: `ec2:${action}`, resource: '*', context: {} }]
  if (action === 'TerminateInstances') {
    const ids = [...form].filter(([name]) => name.startsWith('InstanceId')).map(([, id]) => id)
    return ids.map((id) => ({
      action: 'ec2:TerminateInstances',
      resource: ec2('instance', id),
      context: Object.fromEntries(Object.entries(tagsOf(id)).map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
    }))
  }
  throw new Error(`No question is known here for EC2's ${action}`)
}
