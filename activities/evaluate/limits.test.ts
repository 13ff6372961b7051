import { expect, test } from '@jest/globals'
import { ProviderBusy, ProviderLimits } from './limits.js'

function limits() {
  let ms = 1_000_000
  const clock = {
    now: () => ms,
    sleep: async (wait: number) => {
      ms += wait
    },
  }
  return {
    limits: new ProviderLimits(clock, { inference: 0, local: 0, anthropic: 1_200 }),
    now: () => ms,
    pass: (by: number) => (ms += by),
  }
}

test('requests to a provider keep their distance, those to others do not wait', async () => {
  const { limits: of, now } = limits()
  const began = now()
  await of.turn('anthropic')
  await of.turn('inference')
  expect(now()).toBe(began)
  await of.turn('anthropic')
  await of.turn('anthropic')
  expect(now()).toBe(began + 2_400)
})

test('a provider that said when to come back is asked by nobody before, and by one after another then', async () => {
  const { limits: of, now, pass } = limits()
  of.pause('anthropic', 60_000)
  const error = await of.turn('anthropic').catch((e: unknown) => e)
  expect(error).toBeInstanceOf(ProviderBusy)
  expect(error).toMatchObject({ retryAfterMs: 60_000, message: 'anthropic takes no request for another 60 s' })
  await of.turn('local')
  pass(60_000)
  const back = now()
  await of.turn('anthropic')
  await of.turn('anthropic')
  expect(now()).toBe(back + 1_200)
})

test('a shorter wait does not undo a longer one', async () => {
  const { limits: of } = limits()
  of.pause('anthropic', 60_000)
  of.pause('anthropic', 1_000)
  await expect(of.turn('anthropic')).rejects.toThrow('another 60 s')
})
