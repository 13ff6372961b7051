import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { berths } from '../../extraction/testing/berths.js'
import { type FakeInference, fakeInference } from '../../extraction/testing/inference.js'
import { createLog } from '../../telemetry/logs.js'
import { composeApp, type RunningApp } from '../compose.js'
import { readConfig } from '../config.js'
import { Visitor } from '../testing/visitor.js'

// Threads and bundles take long on a machine that others use.
jest.setTimeout(600_000)

/** Nothing here goes wrong by a mistake of the app. */
const log = createLog('app', {
  write: (line) => {
    throw new Error(line)
  },
})

describe('an extraction by the inference service', () => {
  let service: FakeInference
  let stateDir: string
  let running: RunningApp
  let visitor: Visitor
  let password: string
  let pdf: Uint8Array

  const start = async () => {
    const env = { FORMWRIGHT_STATE_DIR: stateDir, FORMWRIGHT_TEMPORAL_ADDRESS: '127.0.0.1:9', FORMWRIGHT_INFERENCE_URL: service.url }
    running = await composeApp(readConfig(env), log)
    password ??= running.firstPassword!
    visitor = new Visitor((request) => running.app.fetch(request))
    await visitor.signIn(password)
  }
  beforeAll(async () => {
    pdf = await berths(150)
    service = await fakeInference([pdf])
    stateDir = await mkdtemp(join(tmpdir(), 'formwright-extraction-'))
    await start()
  })
  afterAll(async () => {
    await running.close()
    await service.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  const upload = async () => {
    const answer = await visitor.post('/extractions', { pdf: new File([new Uint8Array(pdf)], 'berths.pdf') })
    return answer.headers.get('location')!
  }
  /** Data of the events, as they arrive. */
  async function* eventsOf(path: string): AsyncGenerator<{ done: number; total: number; secondsLeft?: number }> {
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of (await visitor.get(`${path}/events`)).body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true })
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [event, data] = text.slice(0, end).split('\n')
        text = text.slice(end + 2)
        if (event === 'event: windows') yield JSON.parse(data!.slice('data: '.length))
      }
    }
  }
  let path: string

  test('tells at once how many windows there are, then each batch as it comes in, with the time that is left', async () => {
    service.hold()
    path = await upload()
    const events = eventsOf(path)
    const { value: first } = await events.next()
    expect(first).toEqual({ done: 0, total: expect.any(Number) })
    expect(first!.total).toBeGreaterThan(16)
    service.release(1)
    const { value: second } = await events.next()
    expect(second).toEqual({ done: expect.any(Number), total: first!.total, secondsLeft: expect.any(Number) })
    expect(second!.done).toBeGreaterThan(0)
    expect(second!.done).toBeLessThan(first!.total)
    service.release()
    for await (const { done } of events) expect(done).toBeGreaterThan(second!.done)
  })

  test('says before the first window how long it will take, once one form was answered', async () => {
    service.hold()
    const { value: first } = await eventsOf(await upload()).next()
    expect(first).toMatchObject({ done: 0, secondsLeft: expect.any(Number) })
    service.release()
  })

  test('marks the fields that the model was unsure of, and no others', async () => {
    const page = await (await visitor.get(path)).text()
    const fields = page.match(/<li class="field[^"]*"/g)!
    const marked = fields.filter((field) => field.includes('unsure')).length
    expect(marked).toBeGreaterThan(0)
    expect(marked).toBeLessThan(fields.length)
    expect(page).toContain(`<strong>${marked} unsure</strong>`)
    expect(page.match(/unsure \(41 %\)/g)).toHaveLength(marked)
  })

  test('keeps which adapter answered, how long it took and what it cost, over a correction and a restart', async () => {
    const facts = async () => {
      const page = await (await visitor.get(path)).text()
      const shown = (name: string) => new RegExp(`<dt>${name}</dt><dd>(?:<code[^>]*>)?([^<]+)`).exec(page)?.[1]
      return [shown('Variant'), shown('Adapter or model'), shown('Time'), shown('Cost')]
    }
    const before = await facts()
    expect(before).toEqual([
      'extraction/lora-v1',
      service.adapter.slice(0, 12),
      expect.stringMatching(/^[\d.]+ s for \d+ windows$/),
      expect.stringMatching(/^(under )?\$0\.\d{4}$/),
    ])
    await running.close()
    await start()
    expect(await facts()).toEqual(before)
    expect(await (await visitor.get(`${path}/mapping.json`)).json()).toMatchObject({
      provenance: { variant: 'extraction/lora-v1', adapter: service.adapter },
    })
  })

  test('says what the service refused, and what was kept', async () => {
    const others = await berths(9)
    const answer = await visitor.post('/extractions', { pdf: new File([new Uint8Array(others)], 'others.pdf') })
    const failed = answer.headers.get('location')!
    for await (const _ of eventsOf(failed));
    expect(Visitor.alertOf(await (await visitor.get(failed)).text())).toMatch(/refused \(400\).*The form is kept: extract it again/)
  })

  test('that loses its service half-way says so; the form is kept, and the rules can read it', async () => {
    service.hold()
    const half = await upload()
    const events = eventsOf(half)
    await events.next()
    service.release(1)
    expect((await events.next()).value!.done).toBeGreaterThan(0)
    await service.close()
    for await (const _ of events);
    const page = await (await visitor.get(half)).text()
    expect(Visitor.alertOf(page)).toMatch(/is away.*npm start.*choose extraction\/rules-v1.*The form is kept: extract it again/)
    expect(page).toContain('Extract again with the chosen variant')
    expect(await (await visitor.get('/')).text()).toContain('extraction/lora-v1 cannot run here now: The inference service is away')
    await visitor.post('/settings/variants/extraction', { variant: 'extraction/rules-v1' })
    await visitor.post(`${half}/again`, {})
    for await (const _ of eventsOf(half));
    expect(await (await visitor.get(half)).text()).toMatch(/Read by extraction\/rules-v1 in [\d.]+ s for \$0\./)
  })
})

describe('an extraction by the rules', () => {
  test('marks nothing as unsure, since the rules do not say how sure they are', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'formwright-rules-'))
    const env = {
      FORMWRIGHT_STATE_DIR: stateDir,
      FORMWRIGHT_TEMPORAL_ADDRESS: '127.0.0.1:9',
      FORMWRIGHT_INFERENCE_URL: 'http://127.0.0.1:9',
    }
    const running = await composeApp(readConfig(env), log)
    const visitor = new Visitor((request) => running.app.fetch(request))
    await visitor.signIn(running.firstPassword!)
    expect(await (await visitor.get('/')).text()).toContain('extraction/lora-v1 cannot run here now: The inference service is away')
    await visitor.post('/settings/variants/extraction', { variant: 'extraction/rules-v1' })
    const path = (await visitor.post('/extractions', { pdf: new File([new Uint8Array(await berths(9))], 'b.pdf') })).headers.get(
      'location',
    )!
    await (await visitor.get(`${path}/events`)).text()
    const page = await (await visitor.get(path)).text()
    expect(page).toContain('extraction/rules-v1 does not say how sure it is: check every field.')
    expect(page).not.toMatch(/class="field unsure"/)
    await running.close()
    await rm(stateDir, { recursive: true, force: true })
  })
})
