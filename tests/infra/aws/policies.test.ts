import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { PRESET_PLANS } from '../../../contracts/index.js'
import { ROOT, VENV_BIN } from '../../../infra/local/layout.js'
import { evaluate, type Question } from './evaluate.js'
import { questionsOf } from './questions.js'
import { bucketStatements, fileOf, resourcesOf, roleStatements, TEMPLATES } from './template.js'

const OWN = 'runs/lora-v1-01234567-89ab-cdef-0123-456789abcdef'
const OTHER = 'runs/lora-v1-b-01234567-89ab-cdef-0123-456789abcdef'
const TLS = { 'aws:SecureTransport': 'true' }
const INSTANCE = { ...TLS, 'aws:PrincipalTag/formwright:adapter': 'lora-v1' }

const s3 = (action: string, key: string, context: Question['context'] = INSTANCE): Question => ({
  action: `s3:${action}`,
  resource: `arn:aws:s3:::formwright/${key}`,
  context,
})
const withBucket = (role: Parameters<typeof roleStatements>[0], question: Question) =>
  evaluate([...roleStatements(role), ...bucketStatements()], question).verdict

describe('a training instance', () => {
  const may = (question: Question) => withBucket('InstanceRole', question)

  test('writes below the runs of its own adapter only', () => {
    expect(may(s3('PutObject', `${OWN}/attempts/1/heartbeat.json`))).toBe('allowed')
    expect(may(s3('PutObject', `${OTHER}/attempts/1/heartbeat.json`))).toBe('not allowed')
    expect(may(s3('PutObject', `adapters/0/manifest.json`, { ...INSTANCE, 's3:if-none-match': '*' }))).toBe('not allowed')
    expect(may(s3('PutObject', `datasets/0/train.jsonl`, { ...INSTANCE, 's3:if-none-match': '*' }))).toBe('not allowed')
    expect(may(s3('PutObject', `${OWN}/attempts/1/heartbeat.json`, TLS))).toBe('not allowed')
  })

  test('cannot write its own orders', () => {
    expect(may(s3('PutObject', `${OWN}/lease.json`))).toBe('denied')
    expect(may(s3('PutObject', `${OWN}/attempts/2/request.json`, { ...INSTANCE, 's3:if-none-match': '*' }))).toBe('denied')
  })

  test('deletes nothing, launches nothing, and reads nothing of another adapter', () => {
    expect(may(s3('DeleteObject', `${OWN}/result.json`))).toBe('not allowed')
    expect(may(s3('DeleteObjectVersion', `${OWN}/result.json`))).toBe('not allowed')
    expect(may(s3('GetObject', `${OTHER}/result.json`))).toBe('not allowed')
    expect(may({ action: 'ec2:RunInstances', resource: 'arn:aws:ec2:us-east-1:111122223333:instance/*', context: INSTANCE })).toBe(
      'not allowed',
    )
  })
})

describe('the bucket', () => {
  const may = (question: Question) => withBucket('WorkerRole', question)

  test('refuses everything without TLS', () => {
    expect(may(s3('GetObject', 'adapters/0/manifest.json', { 'aws:SecureTransport': 'false' }))).toBe('denied')
  })

  test.each([
    'datasets/0/a',
    'bases/0/a',
    'bundles/0/a',
    'adapters/0/a',
    'results/a',
    `${OWN}/result.json`,
    `${OWN}/attempts/1/request.json`,
  ])('takes %s only where nothing is', (key) => {
    expect(may(s3('PutObject', key, TLS))).toBe('denied')
    expect(may(s3('PutObject', key, { ...TLS, 's3:if-none-match': '*' }))).toBe('allowed')
  })

  test('keeps versions, is private, and lets old versions go', () => {
    const { Bucket } = resourcesOf('storage')
    expect(Bucket!.Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    })
    expect(JSON.stringify(Bucket!.Properties.LifecycleConfiguration)).toContain('NoncurrentVersionExpiration')
  })
})

describe('the worker', () => {
  /** A launch as activities/ports/ec2.ts sends it, with changes. */
  const launch = (changes: Record<string, string> = {}, without: string[] = []) => {
    const form = new URLSearchParams({
      Action: 'RunInstances',
      ImageId: 'ami-1',
      InstanceType: 'c7i.large',
      'LaunchTemplate.LaunchTemplateId': 'lt-0abc',
      'InstanceMarketOptions.MarketType': 'spot',
      'MetadataOptions.HttpTokens': 'required',
      'IamInstanceProfile.Name': 'formwright-instance',
      ...changes,
    })
    const tags = ['run=lora-v1-1', 'attempt=1', 'deadline=2030', 'workflow=w'].filter((tag) => !without.includes(tag.split('=')[0]!))
    for (const [kind, spec] of [['instance', 1] as const, ['volume', 2] as const]) {
      form.set(`TagSpecification.${spec}.ResourceType`, kind)
      for (const [i, tag] of tags.entries()) {
        form.set(`TagSpecification.${spec}.Tag.${i + 1}.Key`, `formwright:${tag.split('=')[0]}`)
        form.set(`TagSpecification.${spec}.Tag.${i + 1}.Value`, tag.split('=')[1]!)
      }
    }
    for (const [name, value] of Object.entries(changes)) if (value === '') form.delete(name)
    const call = { service: 'ec2' as const, method: 'POST', url: '/', headers: {}, body: form.toString() }
    return questionsOf(call, () => ({})).every((q) => evaluate(roleStatements('WorkerRole'), q).verdict === 'allowed')
  }

  test('launches spot instances of the presets’ types with all tags, from the template', () => {
    expect(launch()).toBe(true)
    for (const { instanceTypes } of Object.values(PRESET_PLANS))
      for (const type of instanceTypes.aws) expect([type, launch({ InstanceType: type })]).toEqual([type, true])
  })

  test.each([
    ['on demand', { 'InstanceMarketOptions.MarketType': '' }],
    ['of another type', { InstanceType: 'p5.48xlarge' }],
    ['without the launch template, so with an unencrypted volume', { 'LaunchTemplate.LaunchTemplateId': '' }],
    ['from another launch template', { 'LaunchTemplate.LaunchTemplateId': 'lt-0def' }],
    ['with metadata that needs no token', { 'MetadataOptions.HttpTokens': 'optional' }],
    ['with another role', { 'IamInstanceProfile.Name': 'admin' }],
    ['with a tag of its own invention', { 'TagSpecification.1.Tag.9.Key': 'owner', 'TagSpecification.1.Tag.9.Value': 'me' }],
  ])('launches nothing %s', (_, changes) => {
    expect(launch(changes)).toBe(false)
  })

  test.each(['run', 'attempt', 'deadline', 'workflow'])('launches nothing without the tag formwright:%s', (tag) => {
    expect(launch({}, [tag])).toBe(false)
  })

  test('ends instances with our tag only, and tags nothing that exists', () => {
    const instance = { resource: 'arn:aws:ec2:us-east-1:111122223333:instance/i-1' }
    const may = (question: Question) => evaluate(roleStatements('WorkerRole'), question).verdict
    expect(may({ ...instance, action: 'ec2:TerminateInstances', context: { 'aws:ResourceTag/formwright:run': 'lora-v1-1' } })).toBe(
      'allowed',
    )
    expect(may({ ...instance, action: 'ec2:TerminateInstances', context: {} })).toBe('not allowed')
    expect(may({ ...instance, action: 'ec2:CreateTags', context: { 'aws:TagKeys': ['formwright:run'] } })).toBe('not allowed')
  })
})

test('the inference host reads adapters and nothing else', () => {
  expect(withBucket('InferenceRole', s3('GetObject', 'adapters/0/manifest.json'))).toBe('allowed')
  expect(withBucket('InferenceRole', s3('GetObject', `${OWN}/result.json`))).toBe('not allowed')
  expect(withBucket('InferenceRole', s3('PutObject', 'adapters/0/manifest.json', { ...TLS, 's3:if-none-match': '*' }))).toBe('not allowed')
})

test('nothing reaches an instance, and an instance reaches S3 only', () => {
  const network = resourcesOf('network')
  expect(network.InstanceGroup!.Properties.SecurityGroupIngress).toEqual([])
  expect(network.InstanceGroup!.Properties.SecurityGroupEgress).toEqual([
    expect.objectContaining({ FromPort: 443, ToPort: 443, DestinationPrefixListId: '<S3PrefixList>' }),
  ])
  const types = Object.values(network).map((resource) => resource.Type)
  for (const way of ['AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway', 'AWS::EC2::Route']) expect(types).not.toContain(way)
})

test('the launch template demands tokens of the metadata service and encrypts the volume', () => {
  expect(resourcesOf('network').LaunchTemplate!.Properties.LaunchTemplateData).toMatchObject({
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [{ Ebs: { Encrypted: true, DeleteOnTermination: true } }],
  })
})

test('the budget warns before and after it is spent', () => {
  const { NotificationsWithSubscribers } = resourcesOf('storage').Budget!.Properties as { NotificationsWithSubscribers: unknown[] }
  expect(NotificationsWithSubscribers).toHaveLength(3)
})

test('the types that may be launched are those of the presets and no other', () => {
  const ours = roleStatements('WorkerRole').find(({ Sid }) => Sid === 'SpotOfOurTypesWithOurTags')!
  const asked = new Set(Object.values(PRESET_PLANS).flatMap(({ instanceTypes }) => instanceTypes.aws))
  expect([...ours.Condition.StringEquals!['ec2:InstanceType']!].sort()).toEqual([...asked].sort())
})

test('the script that makes the image installs the locks that there are, and refuses what it does not know before it does anything', () => {
  const script = join(ROOT, 'infra/aws/image.sh')
  expect(spawnSync('sh', ['-n', script]).status).toBe(0)
  const locks = [...readFileSync(script, 'utf8').matchAll(/-r (\S+\.txt)/g)].map(([, lock]) => lock!)
  expect(locks.sort()).toEqual(['requirements-cuda.txt', 'requirements-torch-cpu.txt', 'requirements.txt'])
  expect(locks.filter((lock) => !existsSync(join(ROOT, lock)))).toEqual([])
  expect(spawnSync('sh', [script, 'tpu'], { encoding: 'utf8' })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Nothing was installed'),
  })
})

test('a condition that the evaluator does not know is an error, not a pass', () => {
  const statement = { Effect: 'Allow' as const, Action: ['s3:GetObject'], Resource: ['*'] }
  const strange = { ...statement, Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8'] } } }
  expect(() => evaluate([strange], s3('GetObject', 'a'))).toThrow('IpAddress')
})

test('cfn-lint finds nothing in the templates', () => {
  const { status, stdout, stderr } = spawnSync(join(VENV_BIN, 'cfn-lint'), TEMPLATES.map(fileOf), { encoding: 'utf8' })
  expect(stdout + stderr).toBe('')
  expect(status).toBe(0)
}, 120_000)
