import { canonicalJson, sha256 } from '../../../activities/ports/digests.js'
import {
  type Compute,
  type Instance,
  LaunchRefused,
  type LaunchSpec,
  NoCapacity,
  PriceRisen,
  type SpotPrice,
} from '../../../activities/ports/compute.js'
import { PROMPT_VERSION, type Heartbeat, TAGS, TrainRequest } from '../../../contracts/index.js'
import type { MemoryStore } from './memory-store.js'

/** What becomes of an instance after its launch. */
export interface Fate {
  bootSeconds: number
  secondsPerStep: number
  /** Seconds after the launch at which EC2 takes it. */
  interruptedAfter?: number
  /** Seconds after the launch at which it falls silent without ending. */
  silentAfter?: number
  /** Seconds after which steps stand still while heartbeats go on. */
  stuckAfter?: number
  programErrorAfter?: number
  /** Loss against that of others at the same step; 1 when absent. */
  lossFactor?: number
}

interface Machine extends Instance {
  launchedAt: number
  /** Times that it was described by its id, and times that a search passed it over. */
  looks: number
  unseen: number
  /** Looks since it began to go down. */
  lastLooks: number
  token: string
  request: TrainRequest
  fate: Fate
  startStep: number
  /** From when EC2 bills nothing any more, and from when it says terminated. */
  stoppedAt: number | null
  goneAt: number | null
  /** Dollars an hour: the market's price when it was launched. */
  paid: number
}

export const STEPS = 20
/** Looks at an instance that goes down before it is gone, where looks count instead of seconds. */
const LAST_LOOKS = 2
const PRICES: SpotPrice[] = ['us-east-1a', 'us-east-1b'].flatMap((zone, z) =>
  ['c7i.large', 'c7a.large', 'm7i.large'].map((instanceType, t) => ({
    instanceType,
    zone,
    dollarsPerHour: 0.036 + 0.001 * t + 0.002 * z,
    at: '2026-01-01T00:00:00.000Z',
  })),
)

/** Spot instances that train by the clock: what they would have written by now is written when somebody looks. */
export class SimulatedCloud implements Compute {
  readonly machines: Machine[] = []
  prices = PRICES
  /** Fate of the n-th launch; the last one repeats. */
  fates: Fate[] = [{ bootSeconds: 5, secondsPerStep: 10 }]
  /** Fate by the name of the run, before that by launch. */
  fateOf: (run: string) => Fate | undefined = () => undefined
  /** Orders to terminate that are swallowed. */
  deafTerminations = 0
  /** EC2 tells of a new instance only after so many questions. */
  hiddenFor = 0
  /** Launches that find no capacity before one does. */
  withoutCapacity = 0
  /** Age by looks, each worth so many seconds, instead of by the clock: then a schedule does not hang on how fast this computer is. */
  secondsPerLook: number | undefined
  /** Last saved step by run. */
  private readonly checkpoints = new Map<string, number>()

  constructor(
    private readonly store: MemoryStore,
    private readonly now: () => number,
  ) {}

  async spotPrices(query: { instanceTypes: string[] }): Promise<SpotPrice[]> {
    return this.prices.filter((price) => query.instanceTypes.includes(price.instanceType))
  }

  async find(query: { region: string; run?: string; attempt?: number }): Promise<Instance[]> {
    this.advance()
    return this.machines.filter(
      (m) =>
        (query.run === undefined || m.tags[TAGS.run] === query.run) &&
        (query.attempt === undefined || m.tags[TAGS.attempt] === String(query.attempt)) &&
        this.shows(m),
    )
  }

  private shows(machine: Machine): boolean {
    return ++machine.unseen > this.hiddenFor
  }

  async describe(_region: string, id: string): Promise<Instance | null> {
    const machine = this.machines.find((m) => m.id === id)
    if (machine) machine.looks++
    this.advance()
    return machine && this.shows(machine) ? machine : null
  }

  async launch(spec: LaunchSpec): Promise<Instance> {
    const known = this.machines.find((m) => m.token === spec.clientToken)
    if (known) {
      if (known.state === 'terminated') throw new LaunchRefused('IdempotentInstanceTerminated')
      return known
    }
    if (this.withoutCapacity > 0) {
      this.withoutCapacity--
      throw new NoCapacity(`InsufficientInstanceCapacity: ${spec.instanceType} in ${spec.zone}`)
    }
    const price = this.prices.find((p) => p.instanceType === spec.instanceType && p.zone === spec.zone)
    if (!price) throw new NoCapacity(`InsufficientInstanceCapacity: ${spec.instanceType} in ${spec.zone}`)
    if (price.dollarsPerHour > spec.maxDollarsPerHour) throw new PriceRisen('SpotMaxPriceTooLow')
    const request = TrainRequest.parse(this.store.json(`runs/${spec.tags[TAGS.run]}/attempts/${spec.tags[TAGS.attempt]}/request.json`))
    const fate = this.fateOf(request.run) ?? this.fates[Math.min(this.machines.length, this.fates.length - 1)]!
    const id = `i-${String(this.machines.length + 1).padStart(17, '0')}`
    const machine: Machine = {
      id,
      region: spec.region,
      zone: spec.zone,
      instanceType: spec.instanceType,
      state: 'running',
      reason: '',
      tags: spec.tags,
      launchedAt: this.now(),
      looks: 0,
      unseen: 0,
      lastLooks: 0,
      token: spec.clientToken,
      request,
      fate,
      startStep: this.checkpointOf(request.run),
      stoppedAt: null,
      goneAt: null,
      paid: price.dollarsPerHour,
    }
    this.machines.push(machine)
    return machine
  }

  async terminate(_region: string, id: string): Promise<void> {
    this.advance()
    if (this.deafTerminations > 0) {
      this.deafTerminations--
      throw new Error('EC2 500: InternalError')
    }
    const machine = this.machines.find((m) => m.id === id)
    if (machine && machine.state !== 'terminated') this.stop(machine, machine.reason)
  }

  get running(): Machine[] {
    this.advance()
    return this.machines.filter((m) => m.state !== 'terminated')
  }

  /** Lets every machine do what it would have done by now. */
  advance(): void {
    for (const machine of this.machines) this.advanceOne(machine)
  }

  private advanceOne(machine: Machine): void {
    if (machine.state === 'terminated') return
    if (machine.goneAt !== null) {
      const gone = this.secondsPerLook === undefined ? this.now() >= machine.goneAt : machine.lastLooks++ >= LAST_LOOKS
      if (gone) machine.state = 'terminated'
      return
    }
    const age = this.ageOf(machine)
    const { fate } = machine
    if (age >= (fate.interruptedAfter ?? Number.POSITIVE_INFINITY)) {
      this.leave(machine, age, 'interrupted')
      return
    }
    const talksUntil = fate.silentAfter ?? Number.POSITIVE_INFINITY
    if (age < fate.bootSeconds || age > talksUntil) return
    if (age >= (fate.programErrorAfter ?? Number.POSITIVE_INFINITY)) {
      this.leave(machine, age, 'failed')
      return
    }
    const step = this.stepAt(machine, age)
    this.save(machine, Math.floor(step / 5) * 5)
    const lease = this.store.json(`runs/${machine.request.run}/lease.json`) as { stop?: string } | undefined
    if (step >= STEPS || lease?.stop === 'finish') this.finish(machine, step)
    else this.beat(machine, 'training', step)
  }

  /** Seconds since the launch. */
  private ageOf(machine: Machine): number {
    return this.secondsPerLook === undefined ? (this.now() - machine.launchedAt) / 1000 : machine.looks * this.secondsPerLook
  }

  private checkpointOf = (run: string): number => this.checkpoints.get(run) ?? 0

  private save({ request }: Machine, step: number): void {
    this.checkpoints.set(request.run, Math.max(this.checkpointOf(request.run), step))
  }

  private stepAt(machine: Machine, age: number): number {
    const worked = Math.min(age, machine.fate.stuckAfter ?? age) - machine.fate.bootSeconds
    return Math.min(STEPS, machine.startStep + Math.max(0, Math.floor(worked / machine.fate.secondsPerStep)))
  }

  private leave(machine: Machine, age: number, state: 'interrupted' | 'failed'): void {
    const step = this.stepAt(machine, age)
    if (state === 'interrupted') this.save(machine, step)
    if (age >= machine.fate.bootSeconds) this.beat(machine, state, step)
    this.stop(machine, state === 'interrupted' ? 'Server.SpotInstanceTermination' : 'Client.InstanceInitiatedShutdown')
  }

  private beat(machine: Machine, state: Heartbeat['state'], step: number): void {
    const beat: Heartbeat = {
      attempt: machine.request.attempt,
      state,
      step,
      steps: STEPS,
      loss: lossAt(machine, step),
      secondsLeft: (STEPS - step) * machine.fate.secondsPerStep,
      checkpoint: this.checkpointOf(machine.request.run),
      error: state === 'failed' ? 'ValueError: a bug in the program' : null,
      at: new Date(this.now()).toISOString(),
    }
    this.store.putJson(`runs/${machine.request.run}/attempts/${machine.request.attempt}/heartbeat.json`, beat)
  }

  private finish(machine: Machine, step: number): void {
    const { run, dataset, base, hyperparameters } = machine.request
    const weights = Buffer.from(`weights of ${run} at step ${step}`)
    const manifest = Buffer.from(
      canonicalJson({
        format: 'peft',
        base: { name: base.name, digest: base.digest },
        promptVersion: PROMPT_VERSION,
        dataset: dataset.digest,
        rank: hyperparameters.rank,
        files: [{ path: 'adapter_model.safetensors', sha256: sha256(weights), bytes: weights.byteLength }],
      }),
    )
    this.store.objects.set(`runs/${run}/adapter/adapter_model.safetensors`, weights)
    this.store.objects.set(`runs/${run}/adapter/manifest.json`, manifest)
    this.store.putJson(`runs/${run}/result.json`, {
      adapter: { uri: `s3://${this.store.bucket}/runs/${run}/adapter/`, digest: sha256(manifest) },
      steps: step,
      loss: lossAt(machine, step),
      tokens: step * 100,
      seconds: 60,
      attempts: machine.request.attempt,
      machine: machine.instanceType,
    })
    this.beat(machine, 'done', step)
    this.stop(machine, 'Client.InstanceInitiatedShutdown')
  }

  private stop(machine: Machine, reason: string): void {
    machine.state = 'shutting-down'
    machine.reason = reason
    machine.stoppedAt ??= this.now()
    machine.goneAt ??= this.now() + 2_000
  }
}

const lossAt = ({ fate }: Machine, step: number): number => ((fate.lossFactor ?? 1) * 2) / (1 + step)
