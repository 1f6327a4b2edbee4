/** Spreads cases over the machine's cores. A case that hangs is given up with its worker. */
import { Worker } from 'node:worker_threads'
import type { CaseResult } from './case.ts'
import { describeError } from './kernel/failure.ts'

export type Case = { readonly seed: number } | { readonly plant: string }

/** Real time; the slowest case takes a few seconds. */
const caseMsMax = 120_000

/** Runs all cases; calls back as each ends. */
export async function runCases(
  cases: readonly Case[],
  workerCount: number,
  onResult: (result: CaseResult) => void,
): Promise<void> {
  const waiting = [...cases]
  const lane = async () => {
    let worker: Worker | undefined
    for (let work = waiting.shift(); work !== undefined; work = waiting.shift()) {
      worker ??= new Worker(new URL('./worker.ts', import.meta.url))
      const result = await ask(worker, work)
      onResult(result ?? { passed: false, report: `${describeCase(work)}: hangs or ended its thread`, stepCount: 0 })
      if (result === undefined) {
        await worker.terminate()
        worker = undefined
      }
    }
    await worker?.terminate()
  }
  await Promise.all(Array.from({ length: Math.min(workerCount, cases.length) }, lane))
}

function describeCase(work: Case): string {
  return 'seed' in work
    ? `seed ${work.seed} (replay: npm run test:sim -- --seed ${work.seed})`
    : `planted bug ${work.plant}`
}

/** The worker's answer; undefined when it gives none. */
function ask(worker: Worker, work: Case): Promise<CaseResult | undefined> {
  return new Promise((resolve) => {
    const end = (result: CaseResult | undefined) => {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
      resolve(result)
    }
    const timer = setTimeout(() => end(undefined), caseMsMax)
    const onMessage = (result: CaseResult) => end(result)
    const onExit = () => end(undefined)
    const onError = (error: unknown) => {
      end({ passed: false, report: `${describeCase(work)}: ${describeError(error)}`, stepCount: 0 })
    }
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
    worker.postMessage(work)
  })
}
