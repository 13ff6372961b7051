import { CancellationScope, setHandler, workflowInfo } from '@temporalio/workflow'
import {
  type Evaluation,
  type FineTuneInput,
  FineTuneInput as InputSchema,
  type RunOutcome,
  type RunRecord,
  type TrainResult,
  workflowIdOf,
} from '../contracts/index.js'
import type { CuratedDataset, PreparedRun } from '../activities/types.js'
import { SpendGate } from './ask-for-money.js'
import { settleSeconds } from './attempt-book.js'
import { delegateRun } from './delegate-run.js'
import { RunEnds } from './errors.js'
import { decideGates, demandDataset, verdict } from './gates.js'
import { progress, trainingReport } from './messages.js'
import { committing, copying, ending as ends, quick } from './proxies.js'
import { RunState } from './run-state.js'
import { conclude, type Ended, endingOf, evaluate, parseInput, train } from './stages.js'

/**
 * One run: dataset → quote → decision → training → candidate → evaluation → gates → live or kept → catalog page.
 * Every ending commits its page. Open under one workflow id per adapter only: under another id it starts that one and mirrors it.
 */
export async function fineTuneExtraction(raw: unknown = {}): Promise<RunOutcome> {
  const input = parseInput(InputSchema, raw)
  if (workflowInfo().workflowId !== workflowIdOf(input.adapter)) return delegateRun(input)
  return new Run(input).live()
}

class Run {
  private readonly name: string
  private readonly state: RunState
  private readonly gate: SpendGate
  private dataset: CuratedDataset | null = null
  private prepared: PreparedRun | null = null
  private trained: TrainResult | null = null
  private evaluation: Evaluation | null = null
  /** Set before the candidate is loaded: from then on it is unloaded unless promoted. */
  private loading: string | null = null

  constructor(private readonly input: FineTuneInput) {
    const { workflowId, firstExecutionRunId } = workflowInfo()
    this.name = `${input.adapter}-${firstExecutionRunId}`
    this.state = new RunState(this.name, input)
    setHandler(progress, () => this.state.progress, { description: 'Stage, quote, decision, attempts, training, dollars.' })
    setHandler(trainingReport, (report) => {
      Object.assign(this.state.progress, report)
      this.state.show()
    })
    this.gate = new SpendGate(this.state, workflowId)
  }

  async live(): Promise<RunOutcome> {
    const ended = await this.story().catch((error: unknown) => endingOf(error))
    return CancellationScope.nonCancellable(() => this.end(ended))
  }

  private async story(): Promise<Ended> {
    const prepared = await this.curate()
    const { quote, decision } = await this.gate.ask(prepared, this.input)
    this.trained = await this.train(prepared, quote, decision.maxDollars)
    const adapter = await this.publish(prepared, this.trained)
    await this.deploy(adapter)
    this.evaluation = await this.evaluate(prepared, adapter.digest)
    return this.decide(prepared, adapter.digest)
  }

  private async curate(): Promise<PreparedRun> {
    await this.state.enter('curating', 'the dataset: validated, split, stored under its digest')
    this.dataset = await copying.curateDataset.executeWithOptions({ summary: `Build and store the ${this.input.preset} dataset` }, [
      { run: this.name, preset: this.input.preset },
    ])
    demandDataset(this.dataset, this.input.gates)
    this.prepared = await copying.prepareRun.executeWithOptions({ summary: 'Store base and training bundle, resolve the plan' }, [
      { run: this.name, input: this.input, dataset: this.dataset },
    ])
    return this.prepared
  }

  private async train(prepared: PreparedRun, quote: RunRecord['quote'] & object, maxDollars: number): Promise<TrainResult> {
    await this.state.enter('training', 'the training; nothing to do')
    const { workflowId } = workflowInfo()
    const { request, pace } = prepared
    const outcome = await train(this.input.adapter, { run: this.name, workflowId, quote, maxDollars, request, pace })
    this.state.progress.attempts = outcome.attempts
    this.state.progress.dollars = outcome.dollars
    if (outcome.ending === 'capped' && (this.input.budget.atCap === 'end' || !outcome.result))
      throw new RunEnds('budget-exhausted', outcome.reason)
    if (!outcome.result) throw new RunEnds('failed', outcome.reason)
    return outcome.result
  }

  private async publish(prepared: PreparedRun, result: TrainResult): Promise<{ digest: string; uri: string }> {
    await this.state.enter('publishing', 'the adapter: verified and stored under its digest')
    const adapter = await copying.publishAdapter.executeWithOptions({ summary: `Store adapter ${result.adapter.digest.slice(0, 12)}` }, [
      { result, plan: prepared.plan },
    ])
    this.state.progress.candidate = adapter.digest
    return adapter
  }

  private async deploy(adapter: { digest: string; uri: string }): Promise<void> {
    await this.state.enter('deploying', 'the inference service: the candidate loads beside what is live')
    this.loading = adapter.digest
    await copying.loadCandidate.executeWithOptions({ summary: `Load ${adapter.digest.slice(0, 12)} as candidate` }, [adapter])
  }

  private async evaluate(prepared: PreparedRun, candidate: string): Promise<Evaluation> {
    await this.state.enter('evaluating', 'the evaluation of the deployed candidate over HTTP')
    const { adapter, preset } = this.input
    return evaluate({ run: this.name, adapter, preset, candidate, live: prepared.live, base: prepared.plan.base })
  }

  private async decide(prepared: PreparedRun, candidate: string): Promise<Ended> {
    await this.state.enter('deciding', 'the gates')
    const serviceMemoryMiB = await quick.serviceMemoryMiB.executeWithOptions({ summary: 'Memory of the inference service' }, [])
    const gates = decideGates({ evaluation: this.evaluation!, candidate, live: prepared.live, serviceMemoryMiB }, this.input.gates)
    this.evaluation = { ...this.evaluation!, gates: [...this.evaluation!.gates, ...gates] }
    if (gates.some((gate) => !gate.passed)) return { ending: 'not-promoted', reason: verdict(gates) }
    // A cancellation now comes too late: the alias moves whole or not at all.
    await CancellationScope.nonCancellable(() =>
      quick.promote.executeWithOptions({ summary: `Point ${this.input.adapter} to ${candidate.slice(0, 12)}` }, [
        { alias: this.input.adapter, digest: candidate },
      ]),
    )
    this.loading = null
    return { ending: 'promoted', reason: verdict(gates) }
  }

  /** Undoes what is not kept, commits the page, and says how it ended. */
  private async end(ended: Ended): Promise<RunOutcome> {
    await this.cleanUp()
    await this.state.enter('committing', 'the catalog page')
    const record = await this.record(ended)
    const catalog = await committing.commitCatalog.executeWithOptions({ summary: `Commit the page of ${this.name}` }, [record])
    await conclude(this.state, ended, record.dollars, catalog)
    return { run: this.name, ...ended, candidate: record.candidate, live: record.live, dollars: record.dollars, catalog }
  }

  private async cleanUp(): Promise<void> {
    if (this.state.progress.decision?.approved) {
      const { plan, pace } = this.prepared!
      // Attempts that are still told as running were not ended by their training: it is gone.
      const open = this.state.progress.attempts.filter(({ ending }) => ending === 'running')
      await ends.terminateInstances.executeWithOptions({ summary: 'No instance of this run is left' }, [
        { run: this.name, regions: [plan.compute.region], settleSeconds: settleSeconds(open, pace) },
      ])
    }
    if (this.loading)
      await quick.unloadCandidate.executeWithOptions({ summary: 'Unload the candidate' }, [this.loading]).catch(() => undefined)
  }

  private async record(ended: Ended): Promise<RunRecord> {
    const { progress: shown } = this.state
    const read = <T>(promise: Promise<T>, otherwise: T): Promise<T> => promise.catch(() => otherwise)
    const lossCurve =
      shown.attempts.length === 0 ? [] : await read(quick.readLossCurve({ run: this.name, attempts: shown.attempts.length }), [])
    const live = this.prepared ? await read(quick.readLive(this.input.adapter), this.prepared.live) : null
    const plan = this.prepared?.plan
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
      base: plan?.base ?? null,
      hyperparameters: plan?.hyperparameters ?? null,
      quote: shown.quote,
      decision: shown.decision,
      attempts: shown.attempts,
      dollars: shown.dollars,
      training: this.trained,
      lossCurve,
      candidate: shown.candidate,
      live,
      evaluation: this.evaluation,
      codeCommit: this.prepared?.codeCommit ?? 'unknown',
      startedAt: shown.startedAt,
      endedAt: new Date().toISOString(),
    }
  }
}
