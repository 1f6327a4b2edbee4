/** What the producing agents in JavaScript have in common: values, warm-up, the time limit, and the event loop's longest pause. */
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { finish, givenArguments, untilTurn } from './stage.ts'

export interface ProduceTask {
  readonly address: string
  readonly topic: string
  readonly acks: 'all' | '1'
  readonly lingerMs: number
  readonly batchSize: number
  readonly bufferSize: number
  readonly compression: string
  readonly values: readonly Buffer[]
  /** How many records fill a batch, for libraries that leave batches to their users. */
  readonly batchCount: number
  readonly partitions: number
  /** For libraries whose calls do not wait: give others a turn after this time; 0 for never. */
  readonly yieldMs: number
}

/** Sends until `isOver`, and until all of it is acknowledged; how many. */
export type SendAll = (isOver: () => boolean) => Promise<number>

/** Bytes of a record besides its value, about. */
const overhead = 7

export function produceTask(): ProduceTask & { readonly warmUpMs: number; readonly durationMs: number } {
  const given = givenArguments()
  const acks = given.text('acks')
  if (acks !== 'all' && acks !== '1') throw new Error(`acks=${acks}`)
  const values = readFileSync(given.text('values'), 'latin1').trimEnd().split('\n')
  const averageSize = values.reduce((sum, { length }) => sum + length, 0) / values.length
  const partitions = given.number('partitions')
  const batchSize = given.number('batchSize')
  return {
    address: given.text('address'),
    topic: given.text('topic'),
    acks,
    lingerMs: given.number('lingerMs'),
    batchSize,
    bufferSize: given.number('bufferSize'),
    compression: given.text('compression'),
    values: values.map((value) => Buffer.from(value, 'latin1')),
    batchCount: Math.max(1, Math.floor(batchSize / (averageSize + overhead))),
    partitions,
    yieldMs: given.number('yieldMs'),
    warmUpMs: given.number('warmUpMs'),
    durationMs: given.number('durationMs'),
  }
}

/** Warms up, waits for its turn, works, tells. */
export async function perform({ warmUpMs, durationMs }: { warmUpMs: number; durationMs: number }, send: SendAll) {
  const timed = (limitMs: number) => {
    const endMs = performance.now() + limitMs
    return send(() => performance.now() >= endMs)
  }
  const warmUpCount = await timed(warmUpMs)
  await untilTurn()
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  const startedMs = performance.now()
  const count = await timed(durationMs)
  const elapsedMs = performance.now() - startedMs
  delays.disable()
  await finish({ count, elapsedMs, warmUpCount, blockedMs: delays.max / 1e6 })
}

/** For libraries that take arrays: `countInFlight` calls at a time, each of a batch for every partition. */
export async function sendInCalls(
  { values, batchCount, partitions }: ProduceTask,
  isOver: () => boolean,
  call: (values: readonly Buffer[]) => Promise<unknown>,
): Promise<number> {
  const countInFlight = 5
  const callCount = batchCount * partitions
  let count = 0
  let at = 0
  const next = () => {
    const taken = Array.from({ length: callCount }, () => values[at++ % values.length]!)
    count += taken.length
    return call(taken)
  }
  await Promise.all(
    Array.from({ length: countInFlight }, async () => {
      while (!isOver()) await next()
    }),
  )
  return count
}
