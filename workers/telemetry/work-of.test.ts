import { expect, test } from '@jest/globals'
import { workOf } from './work-of.js'

const at = (workflowType: string, workflowId: string, activityType?: string) =>
  workOf({ workflowType, workflowId, runId: 'today', ...(activityType ? { activityType } : {}) })

test('a run, a sweep and their children are named, each activity with its stage', () => {
  expect(at('fineTuneExtraction', 'fine-tune-extraction/lora-v1', 'quoteSpend')).toEqual({
    run: 'lora-v1-today',
    stage: 'awaiting-approval',
  })
  expect(at('sweepFineTune', 'fine-tune-extraction/lora-v1', 'commitSweep')).toEqual({ run: 'lora-v1-today', stage: 'committing' })
  expect(at('trainOnSpot', 'train-on-spot/lora-v1-low-today')).toEqual({ run: 'lora-v1-low-today', stage: 'training' })
  expect(at('evaluateVariants', 'evaluate-variants/lora-v1-today', 'evaluateCase')).toEqual({ run: 'lora-v1-today', stage: 'evaluating' })
})

test('what belongs to no run says so', () => {
  expect(at('reconcileInstances', 'reconcile-instances-2026', 'reconcile')).toEqual({ run: null, stage: null })
})
