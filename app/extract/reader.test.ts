import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { formPdf } from '../testing/raw-pdf.js'
import { Reader } from './reader.js'
import { readerCode } from './reader-code.js'
import type { ReadingFailed } from './reading-failed.js'

describe('reading threads', () => {
  let code: URL
  let reader: Reader
  beforeAll(async () => {
    code = await readerCode()
    reader = new Reader(code)
  }, 120_000)
  afterAll(() => reader.close())
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: ReadingFailed) => ({ reason: error.reason, message: error.message }),
    )

  test('describe a form, and extract it with the rules', async () => {
    expect((await reader.describe(formPdf())).markers).toMatchObject([{ id: 1, name: 'name', page: 1, index: 0 }])
    const windows: number[][] = []
    const result = await reader.extract(formPdf(), 'extraction/rules-v1', {}, { onWindow: (done, total) => windows.push([done, total]) })
    expect(result.spec.groups[0]!.requirements[0]!.label).toBe('Full name')
    expect(windows.at(-1)).toEqual([1, 1])
  }, 60_000)

  test('say why a variant cannot answer', async () => {
    const lora = await failure(reader.extract(formPdf(), 'extraction/lora-v1', { inference: { url: 'http://127.0.0.1:9' } }))
    expect(lora).toEqual({ reason: 'unavailable', message: expect.stringContaining('is away') })
    expect(await failure(reader.extract(formPdf(), 'extraction/sonnet', {}))).toMatchObject({ reason: 'unavailable' })
  }, 60_000)

  test('find the price table of the API variants', async () => {
    const server = createServer((_, answer) =>
      answer.writeHead(401).end('{"type":"error","error":{"type":"authentication_error","message":"no"}}'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await failure(reader.extract(formPdf(), 'extraction/haiku', { anthropic: { apiKey: 'k', baseUrl } }))).toMatchObject({
      reason: 'unavailable',
    })
    server.close()
  }, 60_000)

  test('are stopped when they take too long, and the next form is read', async () => {
    const hasty = new Reader(code, { describeSeconds: 0 })
    expect(await failure(hasty.describe(formPdf()))).toEqual({ reason: 'too-slow', message: expect.stringContaining('nothing was kept') })
    await hasty.close()
    expect((await reader.describe(formPdf())).markers).toHaveLength(1)
  }, 60_000)

  test('stop when they are told to', async () => {
    const stop = new AbortController()
    stop.abort()
    expect(await failure(reader.extract(formPdf(), 'extraction/rules-v1', {}, { signal: stop.signal }))).toMatchObject({
      reason: 'stopped',
    })
  }, 60_000)

  test('take nothing more once the app stops', async () => {
    const closed = new Reader(code)
    await closed.close()
    expect(await failure(closed.describe(formPdf()))).toMatchObject({ reason: 'stopped' })
  }, 60_000)
})
