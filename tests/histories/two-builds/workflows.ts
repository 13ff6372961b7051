import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow'

const { whoAmI } = proxyActivities<{ whoAmI(): Promise<string> }>({ startToCloseTimeout: '1 minute' })
const goOn = defineSignal('goOn')

/** Waits for a signal, then tells which build's worker it has. */
export async function waits(): Promise<string> {
  let told = false
  setHandler(goOn, () => {
    told = true
  })
  await condition(() => told)
  return whoAmI()
}
