/** Tags of every instance. The rights of an instance follow from its run's: it may write below `runs/<run>/` only. */
export const TAGS = {
  run: 'formwright:run',
  attempt: 'formwright:attempt',
  deadline: 'formwright:deadline',
  workflow: 'formwright:workflow',
} as const

/** The instance profile that training instances are launched with. */
export const INSTANCE_PROFILE = 'formwright-instance'
