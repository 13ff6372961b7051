import { CancelledFailure, CancellationScope, isCancellation, setHandler, workflowInfo } from '@temporalio/workflow'
import { type Evaluation, type RunOutcome, SWEEP_WORKFLOW_TYPE, SweepInput, type SweepRecord, workflowIdOf } from '../contracts/index.js'
import type { CuratedDataset } from '../activities/types.js'
import { SpendGate } from './ask-for-money.js'
import { settleSeconds } from './attempt-book.js'
import { Contender } from './contender.js'
import { delegateRun } from './delegate-run.js'
import { plainMessage, RunEnds } from './errors.js'
import { decideGates, demandDataset, verdict } from './gates.js'
import { progress, trainingReport } from './messages.js'
import { committing, copying, ending as ends, quick } from './proxies.js'
import { RunState } from './run-state.js'
import { conclude, type Ended, endingOf, evaluate, parseInput } from './stages.js'
import { Heats } from './sweep-heats.js'

/**
 * Several configurations under one decision: dataset → one quote → one decision → trainings, losers stopped early →
 * each finisher measured as candidate → gates of the best → live or kept → one comparison page.
 * It is the adapter's one run: it has the run's workflow id, answers the same queries and takes the same decisions.
 */
export async function sweepFineTune(raw: unknown = {}): Promise<RunOutcome> {
  const input = parseInput(SweepInput, raw)
  if (workflowInfo().workflowId !== workflowIdOf(input.adapter)) return delegateRun(input, SWEEP_WORKFLOW_TYPE)
  return new Sweep(input).live()
}

const recallOf = (one: Contender): number =>
  one.evaluation?.summaries.find((s) => s.source === 'measured' && s.variantDigest === one.candidate)?.metrics.recall?.value ?? -1

class Sweep {
  private readonly name: string
  private readonly state: RunState
  private readonly gate: SpendGate
  private dataset: CuratedDataset | null = null
  private contenders: Contender[] = []
  private heats: Heats | null = null
  private best: Contender | null = null
  /** Set before a candidate is loaded: from then on it is unloaded unless promoted. */
  private readonly loaded = new Set<string>()

  constructor(private readonly input: SweepInput) {
    const { workflowId, firstExecutionRunId } = workflowInfo()
    this.name = `${input.adapter}-${firstExecutionRunId}`
    this.state = new RunState(this.name, input)
    setHandler(progress, () => this.state.progress, { description: 'Stage, quote, decision, configurations, attempts, dollars.' })
    setHandler(trainingReport, (report) => this.heats?.hear(report))
    this.gate = new SpendGate(this.state, workflowId)
  }

  async live(): Promise<RunOutcome> {
    const ended = await this.story().catch((error: unknown) => endingOf(error))
    return CancellationScope.nonCancellable(() => this.end(ended))
  }

  private async story(): Promise<Ended> {
    await this.curate()
    const { quote, decision } = await this.ask()
    await this.state.enter('training', `${this.contenders.length} trainings, ${this.input.atOnce} at a time; nothing to do`)
    this.heats = new Heats(this.input, quote, decision.maxDollars, this.contenders, () => this.show())
    if (!(await this.heats.run())) throw new CancelledFailure('cancelled while training')
    const finishers = this.contenders.filter((one) => one.finished)
    if (finishers.length === 0) throw this.nothingTrained()
    for (const one of finishers) await this.measure(one)
    if (!this.best)
      throw new RunEnds('failed', `No configuration could be measured: ${finishers.map((f) => `${f.name}: ${f.reason}`).join('; ')}`)
    return this.decide(this.best)
  }

  private async curate(): Promise<void> {
    const { preset, configurations } = this.input
    await this.state.enter('curating', 'the dataset: validated, split, stored under its digest')
    this.dataset = await copying.curateDataset.executeWithOptions({ summary: `Build and store the ${preset} dataset` }, [
      { run: this.name, preset },
    ])
    demandDataset(this.dataset, this.input.gates)
    const { configurations: _, atOnce: __, earlyStop: ___, ...common } = this.input
    for (const configuration of configurations) {
      const { name, hyperparameters, initFrom } = configuration
      const run = `${this.input.adapter}-${name}-${workflowInfo().firstExecutionRunId}`
      const prepared = await copying.prepareRun.executeWithOptions({ summary: `Resolve the plan of ${name}` }, [
        { run, input: { ...common, hyperparameters, initFrom }, dataset: this.dataset },
      ])
      this.contenders.push(new Contender(configuration, run, prepared))
    }
  }

  /** One quote over all configurations, one decision on it. */
  private ask(): ReturnType<SpendGate['ask']> {
    const [first] = this.contenders
    const planned = this.contenders.map((one) => one.planned)
    const plan = {
      ...first!.prepared.plan,
      run: this.name,
      trainTokens: planned.reduce((sum, one) => sum + one.trainTokens, 0),
      configurations: planned,
    }
    return this.gate.ask({ ...first!.prepared, plan }, this.input)
  }

  private nothingTrained(): RunEnds {
    const capped = this.contenders.every((one) => one.ending === 'capped' || one.ending === 'stopped-early')
    const reasons = this.contenders.map((one) => `${one.name}: ${one.reason}`).join('; ')
    return new RunEnds(capped ? 'budget-exhausted' : 'failed', `No configuration was trained to an adapter. ${reasons}`)
  }

  /** Publishes, loads and evaluates one; only the best so far stays loaded. One that cannot be measured does not end the sweep. */
  private async measure(one: Contender): Promise<void> {
    try {
      await this.state.enter('publishing', `the adapter of ${one.name}: verified and stored under its digest`)
      const adapter = await copying.publishAdapter.executeWithOptions({ summary: `Store the adapter of ${one.name}` }, [
        { result: one.training!, plan: one.prepared.plan },
      ])
      one.candidate = adapter.digest
      await this.state.enter('deploying', `the inference service: ${one.name} loads beside what is live`)
      this.loaded.add(adapter.digest)
      await copying.loadCandidate.executeWithOptions({ summary: `Load ${one.name} as candidate` }, [adapter])
      await this.state.enter('evaluating', `the evaluation of ${one.name} over HTTP`)
      one.evaluation = await this.evaluate(one, adapter.digest)
      one.ends('evaluated', 'measured on the deployed candidate')
    } catch (error) {
      if (isCancellation(error)) throw error
      one.ends('failed', plainMessage(error))
    }
    await this.keepBest(one)
    this.show()
  }

  private evaluate({ run, prepared }: Contender, candidate: string): Promise<Evaluation> {
    const { adapter, preset } = this.input
    return evaluate({ run, adapter, preset, candidate, live: prepared.live, base: prepared.plan.base })
  }

  private async keepBest(one: Contender): Promise<void> {
    const better = one.ending === 'evaluated' && (!this.best || recallOf(one) > recallOf(this.best))
    const [kept, dropped] = better ? [one, this.best] : [this.best, one]
    this.best = kept
    if (dropped?.candidate && dropped.candidate !== kept?.candidate) await this.unload(dropped.candidate)
  }

  private async unload(digest: string): Promise<void> {
    if (!this.loaded.has(digest)) return
    await quick.unloadCandidate.executeWithOptions({ summary: `Unload ${digest.slice(0, 12)}` }, [digest]).catch((error: unknown) => {
      if (isCancellation(error)) throw error
    })
    this.loaded.delete(digest)
  }

  private async decide(best: Contender): Promise<Ended> {
    await this.state.enter('deciding', `the gates of ${best.name}, the best of the configurations`)
    const [candidate, { live }] = [best.candidate!, best.prepared]
    this.state.progress.candidate = candidate
    const serviceMemoryMiB = await quick.serviceMemoryMiB.executeWithOptions({ summary: 'Memory of the inference service' }, [])
    const gates = decideGates({ evaluation: best.evaluation!, candidate, live, serviceMemoryMiB }, this.input.gates)
    best.evaluation = { ...best.evaluation!, gates: [...best.evaluation!.gates, ...gates] }
    const reason = `${best.name} is the best of ${this.contenders.length}. ${verdict(gates)}`
    if (gates.some((gate) => !gate.passed)) return { ending: 'not-promoted', reason }
    // A cancellation now comes too late: the alias moves whole or not at all.
    await CancellationScope.nonCancellable(() =>
      quick.promote.executeWithOptions({ summary: `Point ${this.input.adapter} to ${candidate.slice(0, 12)}` }, [
        { alias: this.input.adapter, digest: candidate },
      ]),
    )
    this.loaded.delete(candidate)
    return { ending: 'promoted', reason }
  }

  private show(): void {
    const { progress: shown } = this.state
    shown.configurations = this.contenders.map((one) => one.shown)
    shown.attempts = this.contenders.flatMap((one) => one.attempts).map((attempt, i) => ({ ...attempt, number: i + 1 }))
    shown.dollars = this.contenders.reduce((sum, one) => sum + one.dollars, 0)
    this.state.show()
  }

  /** Undoes what is not kept, commits the page, and says how it ended. */
  private async end(ended: Ended): Promise<RunOutcome> {
    if (this.state.progress.decision?.approved) {
      for (const { run, prepared, attempts } of this.contenders) {
        const open = attempts.filter(({ ending }) => ending === 'running')
        await ends.terminateInstances.executeWithOptions({ summary: `No instance of ${run} is left` }, [
          { run, regions: [prepared.plan.compute.region], settleSeconds: settleSeconds(open, prepared.pace) },
        ])
      }
    }
    for (const digest of [...this.loaded]) await this.unload(digest)
    this.show()
    await this.state.enter('committing', 'the comparison page')
    const record = await this.record(ended)
    const catalog = await committing.commitSweep.executeWithOptions({ summary: `Commit the page of ${this.name}` }, [record])
    await conclude(this.state, ended, record.dollars, catalog)
    return { run: this.name, ...ended, candidate: record.candidate, live: record.live, dollars: record.dollars, catalog }
  }

  private async record(ended: Ended): Promise<SweepRecord> {
    const { progress: shown } = this.state
    const first = this.contenders[0]?.prepared
    const configurations = []
    for (const one of this.contenders) {
      const curve = { run: one.run, attempts: one.attempts.length }
      configurations.push(one.record(curve.attempts === 0 ? [] : await quick.readLossCurve(curve).catch(() => [])))
    }
    return {
      run: this.name,
      runId: workflowInfo().firstExecutionRunId,
      adapter: this.input.adapter,
      preset: this.input.preset,
      ...ended,
      input: this.input,
      dataset: this.dataset && {
        digest: this.dataset.digest,
        pairs: this.dataset.pairs,
        families: this.dataset.families,
        windows: this.dataset.windows,
        leak: this.dataset.leak,
      },
      base: first?.plan.base ?? null,
      quote: shown.quote,
      decision: shown.decision,
      configurations,
      winner: this.best?.name ?? null,
      dollars: shown.dollars,
      candidate: shown.candidate,
      live: first ? await quick.readLive(this.input.adapter).catch(() => first.live) : null,
      codeCommit: first?.codeCommit ?? 'unknown',
      startedAt: shown.startedAt,
      endedAt: new Date().toISOString(),
    }
  }
}
