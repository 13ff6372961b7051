import { ApplicationFailure } from '@temporalio/common'
import { TAGS } from '../../contracts/index.js'
import { uriOf, type ObjectStore } from '../ports/object-store.js'
import { type Compute, type Instance, LaunchRefused, NoCapacity, PriceRisen } from '../ports/compute.js'
import { canonicalJson, digestOf, sha256 } from '../ports/digests.js'
import type { LaunchedInstance, LaunchInput } from '../types.js'
import { userData } from './user-data.js'

export interface LaunchPorts {
  store: ObjectStore
  compute: Compute
  /** Where the instance finds the object store; absent: AWS's own. */
  s3Endpoint?: string
  clock: { now(): number }
}

const alive = (instance: Instance): boolean => instance.state === 'pending' || instance.state === 'running'

/**
 * Launches an attempt once, however often it is asked to: the request's key is create-only, an instance that bears
 * the attempt's tags is taken as the launch, and the client token is the same over retries.
 * @throws NoCapacity, PriceRisen, LaunchRefused, which are not retried; anything else is
 */
export async function launchInstance(ports: LaunchPorts, input: LaunchInput): Promise<LaunchedInstance> {
  const { request } = input
  const there = await ports.compute.find({ region: input.region, run: request.run, attempt: request.attempt })
  const found = there.find(alive) ?? there[0]
  if (found) return { instanceId: found.id }
  const key = `runs/${request.run}/attempts/${request.attempt}/request.json`
  await ports.store.create(key, { bytes: Buffer.from(canonicalJson(request)) })
  await ports.store.put(`runs/${request.run}/lease.json`, leaseBytes(request.attempt, 'no', ports.clock.now()))
  try {
    const launched = await ports.compute.launch({
      region: input.region,
      zone: input.zone,
      instanceType: input.instanceType,
      maxDollarsPerHour: input.maxDollarsPerHour,
      clientToken: sha256(canonicalJson([request.run, request.attempt, digestOf(request)])),
      userData: userData(request, uriOf(ports.store, key), { region: input.region, s3Endpoint: ports.s3Endpoint }),
      tags: {
        [TAGS.run]: request.run,
        [TAGS.attempt]: String(request.attempt),
        [TAGS.deadline]: request.deadline,
        [TAGS.workflow]: input.workflowId,
        Name: `formwright ${request.run} ${request.attempt}`,
      },
    })
    return { instanceId: launched.id }
  } catch (error) {
    if (error instanceof NoCapacity || error instanceof PriceRisen || error instanceof LaunchRefused)
      throw ApplicationFailure.nonRetryable(error.message, error.name)
    throw error
  }
}

export const leaseBytes = (attempt: number, stop: 'no' | 'finish', nowMs: number): Uint8Array =>
  Buffer.from(canonicalJson({ attempt, touchedAt: new Date(nowMs).toISOString(), stop }))
