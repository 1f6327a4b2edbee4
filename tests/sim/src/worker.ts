/** A worker thread: takes cases one at a time, and answers each with its result. */
import { parentPort } from 'node:worker_threads'
import { checkPlant, checkSeed } from './case.ts'
import { describeError } from './kernel/failure.ts'
import { plants } from './plants/index.ts'
import type { Case } from './pool.ts'

async function check(work: Case) {
  if ('seed' in work) return checkSeed(work.seed)
  const plant = plants.find(({ name }) => name === work.plant)
  if (plant === undefined) throw new Error(`There is no planted bug ${work.plant}`)
  return checkPlant(plant)
}

parentPort?.on('message', (work: Case) => {
  check(work).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) => parentPort?.postMessage({ passed: false, report: describeError(error), stepCount: 0 }),
  )
})
