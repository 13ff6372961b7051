/**
 * Environment in which the app is started: with two arenas what a reading thread leaves behind is used again, and large
 * blocks go back to the system at once (their thresholds are malloc(3)'s own, which else grow by what was freed).
 */
export const MALLOC_ENV = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' }
