import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  DescribeSpotPriceHistoryCommand,
  EC2Client,
  EC2ServiceException,
  type Instance as Ec2Instance,
  type _InstanceType,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { TAGS } from '../../contracts/index.js'
import { type Compute, type Instance, LaunchRefused, type LaunchSpec, NoCapacity, PriceRisen, type SpotPrice } from './compute.js'

export interface Ec2Options {
  /** Absent: AWS's own. */
  endpoint?: string
  imageId: string
  /** Name of the IAM instance profile. */
  instanceProfile?: string
  /** Zone to subnet; absent: the default VPC. */
  subnets?: Record<string, string>
  securityGroup?: string
  /** Id of a launch template, for what a launch leaves open: the volume's encryption and size. */
  launchTemplate?: string
}

const NO_CAPACITY = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientCapacity',
  'SpotMaxCapacityExceeded',
  'MaxSpotInstanceCountExceeded',
  'Unsupported',
])
const REFUSED =
  /^(Invalid|Unauthorized|MissingParameter|VcpuLimitExceeded|InstanceLimitExceeded|OptInRequired|AuthFailure|Idempotent|PendingVerification|Blocked)/

/** What a failed RunInstances means; throttling and server errors stay as they are and are retried. */
export function launchError(error: unknown): unknown {
  if (!(error instanceof EC2ServiceException)) return error
  const message = `EC2 refused the launch: ${error.name}: ${error.message}`
  if (NO_CAPACITY.has(error.name)) return new NoCapacity(message)
  if (error.name === 'SpotMaxPriceTooLow') return new PriceRisen(message)
  return REFUSED.test(error.name) ? new LaunchRefused(message) : error
}

function toInstance(region: string, found: Ec2Instance): Instance {
  return {
    id: found.InstanceId!,
    region,
    zone: found.Placement?.AvailabilityZone ?? '',
    instanceType: found.InstanceType ?? '',
    state: found.State?.Name ?? 'pending',
    reason: found.StateReason?.Code ?? '',
    tags: Object.fromEntries((found.Tags ?? []).map((tag) => [tag.Key!, tag.Value ?? ''])),
  }
}

/** Spot instances through EC2's API; credentials come from the environment or the instance. */
export class Ec2Compute implements Compute {
  private readonly clients = new Map<string, EC2Client>()

  constructor(private readonly options: Ec2Options) {}

  private in(region: string): EC2Client {
    const known = this.clients.get(region)
    if (known) return known
    const client = new EC2Client({
      region,
      endpoint: this.options.endpoint,
      maxAttempts: 4,
      requestHandler: { requestTimeout: 20_000, connectionTimeout: 5_000 },
    })
    this.clients.set(region, client)
    return client
  }

  async spotPrices(query: { region: string; instanceTypes: string[] }): Promise<SpotPrice[]> {
    const newest = new Map<string, SpotPrice>()
    let NextToken: string | undefined
    do {
      const page = await this.in(query.region).send(
        new DescribeSpotPriceHistoryCommand({
          InstanceTypes: query.instanceTypes as _InstanceType[],
          ProductDescriptions: ['Linux/UNIX'],
          // A start of now gives the price in force, one for each type and zone.
          StartTime: new Date(),
          NextToken,
        }),
      )
      for (const row of page.SpotPriceHistory ?? []) {
        const price = {
          instanceType: row.InstanceType!,
          zone: row.AvailabilityZone!,
          dollarsPerHour: Number(row.SpotPrice),
          at: row.Timestamp!.toISOString(),
        }
        const key = `${price.instanceType} ${price.zone}`
        if ((newest.get(key)?.at ?? '') < price.at) newest.set(key, price)
      }
      NextToken = page.NextToken || undefined
    } while (NextToken)
    return [...newest.values()]
  }

  async find(query: { region: string; run?: string; attempt?: number }): Promise<Instance[]> {
    const Filters = query.run === undefined ? [{ Name: 'tag-key', Values: [TAGS.run] }] : [{ Name: `tag:${TAGS.run}`, Values: [query.run] }]
    if (query.attempt !== undefined) Filters.push({ Name: `tag:${TAGS.attempt}`, Values: [String(query.attempt)] })
    return this.describeAll(query.region, { Filters })
  }

  private async describeAll(region: string, input: DescribeInstancesCommandInput): Promise<Instance[]> {
    const found: Instance[] = []
    let NextToken: string | undefined
    do {
      const page = await this.in(region).send(new DescribeInstancesCommand({ ...input, NextToken }))
      for (const reservation of page.Reservations ?? []) for (const one of reservation.Instances ?? []) found.push(toInstance(region, one))
      NextToken = page.NextToken || undefined
    } while (NextToken)
    return found
  }

  async launch(spec: LaunchSpec): Promise<Instance> {
    const Tags = Object.entries(spec.tags).map(([Key, Value]) => ({ Key, Value }))
    const subnet = this.options.subnets?.[spec.zone]
    try {
      const answer = await this.in(spec.region).send(
        new RunInstancesCommand({
          MinCount: 1,
          MaxCount: 1,
          LaunchTemplate: this.options.launchTemplate ? { LaunchTemplateId: this.options.launchTemplate, Version: '$Default' } : undefined,
          ImageId: this.options.imageId,
          InstanceType: spec.instanceType as _InstanceType,
          ClientToken: spec.clientToken,
          Placement: { AvailabilityZone: spec.zone },
          SubnetId: subnet,
          SecurityGroupIds: this.options.securityGroup ? [this.options.securityGroup] : undefined,
          IamInstanceProfile: this.options.instanceProfile ? { Name: this.options.instanceProfile } : undefined,
          InstanceMarketOptions: {
            MarketType: 'spot',
            SpotOptions: {
              SpotInstanceType: 'one-time',
              InstanceInterruptionBehavior: 'terminate',
              MaxPrice: String(spec.maxDollarsPerHour),
            },
          },
          InstanceInitiatedShutdownBehavior: 'terminate',
          MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1, InstanceMetadataTags: 'disabled' },
          UserData: Buffer.from(spec.userData).toString('base64'),
          TagSpecifications: [
            { ResourceType: 'instance', Tags },
            { ResourceType: 'volume', Tags },
          ],
        }),
      )
      return toInstance(spec.region, answer.Instances![0]!)
    } catch (error) {
      throw launchError(error)
    }
  }

  async describe(region: string, id: string): Promise<Instance | null> {
    try {
      return (await this.describeAll(region, { InstanceIds: [id] }))[0] ?? null
    } catch (error) {
      if (error instanceof EC2ServiceException && error.name === 'InvalidInstanceID.NotFound') return null
      throw error
    }
  }

  async terminate(region: string, id: string): Promise<void> {
    try {
      await this.in(region).send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    } catch (error) {
      if (error instanceof EC2ServiceException && error.name === 'InvalidInstanceID.NotFound') return
      throw error
    }
  }
}
