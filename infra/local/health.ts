import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again every 150 ms until `probe` says true. Throws what `signal` was aborted with. */
export async function until(probe: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    if (await probe().catch(() => false)) return
    await sleep(150, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** Whether a URL answers with a status below 500 (or exactly `status`). */
export async function answers(
  url: string,
  { status, headers }: { status?: number; headers?: Record<string, string> } = {},
): Promise<boolean> {
  const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(3_000) })
  await response.arrayBuffer()
  return status === undefined ? response.status < 500 : response.status === status
}

/** Whether something listens on a loopback port. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => socket.end(() => resolve(true)))
    socket.once('error', () => resolve(false))
  })
}
