import { type Offer, plannedTraining, type Quote, type RunProgress } from '../contracts/index.js'

const BARS = '▁▂▃▄▅▆▇█'
const money = (dollars: number): string => `$${dollars < 0.1 ? dollars.toFixed(4) : dollars.toFixed(2)}`

/** Loss over the steps in at most `width` characters; each is the mean of its steps. */
export function sparkline(values: number[], width = 40): string {
  if (values.length === 0) return ''
  const cells = Math.min(width, values.length)
  const means = Array.from({ length: cells }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / cells), Math.floor(((i + 1) * values.length) / cells))
    return part.reduce((sum, value) => sum + value, 0) / part.length
  })
  const [low, high] = [Math.min(...means), Math.max(...means)]
  return means.map((mean) => BARS[high === low ? 0 : Math.round(((mean - low) / (high - low)) * (BARS.length - 1))]).join('')
}

export function bar(share: number, width = 24): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

const isSame = (a: Offer, b: Offer): boolean => a.instanceType === b.instanceType && a.zone === b.zone

/** The quote as the terminal shows it. */
export function quoteText(quote: Quote): string {
  const { plan, chosen } = quote
  return [
    `Quote ${quote.digest.slice(0, 12)} for ${plan.adapter}`,
    `  ${money(quote.expectedDollars)} expected, ${money(quote.maxDollars)} at most; ${duration(quote.expectedHours * 3600)} on ${chosen.instanceType} in ${chosen.zone} at ${money(chosen.spotDollarsPerHour)}/h`,
    ...quote.offers.map((o) => `  ${isSame(o, chosen) ? '→' : ' '} ${o.instanceType} ${o.zone} ${money(o.spotDollarsPerHour)}/h`),
    `  ${plannedTraining(plan)}; up to ${plan.compute.maxAttempts} attempts; at the cap: ${quote.atCap === 'end' ? 'the run ends' : 'the last checkpoint is used'}`,
    `  expires ${quote.expiresAt}; plan ${quote.planDigest}`,
  ].join('\n')
}

/** One or two lines that say where a run is. */
export function progressLines(progress: RunProgress, losses: number[]): string[] {
  const spent = `${money(progress.dollars)}${progress.decision?.approved ? ` of ${money(progress.decision.maxDollars)}` : ''}`
  const head = `${progress.ending ?? progress.stage}  ${spent}`
  if (progress.stage !== 'training' || progress.ending) return [progress.waitingFor ? `${head}  waits for ${progress.waitingFor}` : head]
  const open = progress.attempts.find((attempt) => attempt.ending === 'running')
  const where = open ? `attempt ${open.number} on ${open.instanceType} in ${open.zone}` : 'between attempts'
  const { training } = progress
  if (!training) return [`${head}  ${where}, no heartbeat yet`]
  const left = training.secondsLeft === null ? '' : `  ${duration(training.secondsLeft)} left`
  const step = `${bar(training.step / Math.max(1, training.steps))} ${training.step}/${training.steps}`
  return [`${head}  ${where}`, `${step}  loss ${training.loss?.toFixed(3) ?? '–'} ${sparkline(losses)}${left}`]
}
