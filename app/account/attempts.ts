/** Wrong passwords of one name within the window before it has to wait. */
const MAX_FAILURES = 8
const WINDOW_MS = 10 * 60_000
/** Names remembered at most; beyond it the oldest go. */
const MAX_NAMES = 1000

/** Slows guessing down: too many wrong passwords for a name close it for ten minutes. */
export class SignInAttempts {
  private readonly failures = new Map<string, number[]>()

  constructor(private readonly now: () => number = Date.now) {}

  /** Seconds until the name may try again; 0 when it may now. */
  waitSeconds(name: string): number {
    const recent = this.recent(name)
    return recent.length < MAX_FAILURES ? 0 : Math.ceil((recent[0]! + WINDOW_MS - this.now()) / 1000)
  }

  failed(name: string): void {
    const recent = [...this.recent(name), this.now()]
    this.failures.delete(name)
    this.failures.set(name, recent)
    if (this.failures.size > MAX_NAMES) this.failures.delete(this.failures.keys().next().value!)
  }

  succeeded(name: string): void {
    this.failures.delete(name)
  }

  private recent(name: string): number[] {
    return (this.failures.get(name) ?? []).filter((at) => at > this.now() - WINDOW_MS)
  }
}
