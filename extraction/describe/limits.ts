/** 20 MiB: larger than any form that an agency publishes, small enough to read in memory. */
export const MAX_PDF_BYTES = 20 * 1024 * 1024
/** A longer document is a manual, not a form. */
export const MAX_PAGES = 200
/** Above this the description itself would be megabytes. */
export const MAX_WIDGETS = 5000
/** A page of dense print has about 1,500 words. */
export const MAX_WORDS_PER_PAGE = 20_000
/** Hatchings and drawn logos have tens of thousands of strokes and rule nothing. */
export const MAX_RULES_PER_PAGE = 20_000
/** Longest neighbour: enough for a line of a tax form, bounded for the prompt. */
export const MAX_NEIGHBOUR_WORDS = 24
/** Longest single word or option: longer ones are data, not print. */
export const MAX_TEXT_CHARS = 400
/** Forms take one or two seconds; what takes longer is made to. */
export const MAX_SECONDS = 60
/** A page scanned in colour at 300 dpi unpacks to 25 MiB. A parser holds a stream twice while its buffer grows. */
export const MAX_STREAM_BYTES = 32 * 1024 * 1024
export const MAX_INFLATED_BYTES = 256 * 1024 * 1024
/** Heap of the thread that reads a stranger's file. */
export const MAX_HEAP_MB = 1024
