import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common'

export const formwrightStage = defineSearchAttributeKey('FormwrightStage', 'KEYWORD')
export const formwrightAdapter = defineSearchAttributeKey('FormwrightAdapter', 'KEYWORD')
export const formwrightDollars = defineSearchAttributeKey('FormwrightDollars', 'DOUBLE')
export const formwrightOutcome = defineSearchAttributeKey('FormwrightOutcome', 'KEYWORD')

export const adapterAttribute = (adapter: string): SearchAttributePair[] => [{ key: formwrightAdapter, value: adapter }]
