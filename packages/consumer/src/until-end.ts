/** For loops that end: whether all has been handed out that was there when the loop first saw each partition. Pure. */
import type { PartitionState } from './partition-state.ts'

export class UntilEnd {
  /** Where each partition ended when it was first seen. */
  readonly #targets = new Map<PartitionState, number>()

  /** Looks at the partitions that are read now; what they gain later does not count. */
  isReached(partitions: Iterable<PartitionState>): boolean {
    let isReached = true
    for (const state of partitions) {
      const { position, readableEnd, isEndFresh } = state
      const target = this.#targets.get(state) ?? (isEndFresh && position >= 0 ? readableEnd : -1)
      if (target >= 0) this.#targets.set(state, target)
      if (target < 0 || position < target) isReached = false
    }
    return isReached
  }
}
