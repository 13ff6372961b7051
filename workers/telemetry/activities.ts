import type { Context } from '@temporalio/activity'
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker'
import { trace } from '@opentelemetry/api'
import type { Logger } from 'pino'
import { workFor } from '../../telemetry/work.js'
import type { Counts } from './counts.js'
import { workOf } from './work-of.js'

type Execute = Next<ActivityInboundCallsInterceptor, 'execute'>

/** Told of each activity that succeeded, within its span. */
export type Afterwards = (activity: string, args: unknown[], result: unknown) => Promise<void>

/** Gives each activity its run and stage, for logs, spans and the parts it calls; writes a line when it has ended, and counts. */
export class ObservedActivity implements ActivityInboundCallsInterceptor {
  constructor(
    private readonly context: Context,
    private readonly log: Logger,
    private readonly count: Counts,
    private readonly afterwards: Afterwards,
  ) {}

  execute(input: ActivityExecuteInput, next: Execute): Promise<unknown> {
    const { activityType, workflowType, workflowExecution } = this.context.info
    const work = workOf({ workflowType: workflowType ?? '', workflowId: '', runId: '', ...workflowExecution, activityType })
    return workFor(work, async () => {
      trace.getActiveSpan()?.setAttributes({ 'formwright.run': work.run ?? '', 'formwright.stage': work.stage ?? '' })
      const began = performance.now()
      const result = await next(input)
      const seconds = Math.round(performance.now() - began) / 1000
      this.log.info({ activity: activityType, attempt: this.context.info.attempt, seconds }, `${activityType} done`)
      this.count(activityType, input.args, result)
      // What nobody could observe must not fail what was done.
      await this.afterwards(activityType, input.args, result).catch((error: unknown) => this.log.warn({ err: error }, 'not observed'))
      return result
    })
  }
}
