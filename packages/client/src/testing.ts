/** Test parts: a scripted cluster, and a clock that is driven as far as a test needs. */
import type { ManualClock } from '@millrace/base'

export { forgetFetchSessions } from './testing/fetch-handler.ts'
export { type AppendResult, PartitionLog } from './testing/partition-log.ts'
export {
  hangUp,
  type Intercept,
  noAnswer,
  type Outcome,
  ScriptedBroker,
  type ScriptedRequest,
  type SeenRequest,
} from './testing/scripted-broker.ts'
export { ScriptedCluster, type ScriptedClusterOptions, type ScriptedTopic } from './testing/scripted-cluster.ts'
export { type CommittedOffset, ScriptedGroup } from './testing/scripted-group.ts'

function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/**
 * Moves `clock` forward, a millisecond at a time with everything that is due in between, until `promise` settles; gives its
 * value or throws its error. Throws when that takes more than `limitMs` of the clock's time: something waits without a deadline.
 */
export async function drive<T>(clock: ManualClock, promise: Promise<T>, limitMs = 600_000): Promise<T> {
  let isSettled = false
  const settled = () => {
    isSettled = true
  }
  promise.then(settled, settled)
  const endMs = clock.monotonic() + limitMs
  for (;;) {
    await macrotask()
    if (isSettled) return promise
    if (clock.monotonic() >= endMs) throw new Error(`nothing came of it within ${limitMs} ms of simulated time`)
    clock.advance(1)
  }
}

/** Moves `clock` forward by `durationMs`. */
export async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs++) {
    await macrotask()
    clock.advance(1)
  }
  await macrotask()
}
