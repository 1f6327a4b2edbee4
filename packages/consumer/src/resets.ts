/** Partitions whose next offset is gone: user code gets what was fetched before, and finishes it, then they go on elsewhere. */
import { partitionOf } from './assigned-partitions.ts'
import type { PartitionState, StartAt } from './partition-state.ts'

export interface ResetHost {
  /** Where to go on after an offset that is gone. */
  readonly from: StartAt
  /** A partition looks for a place to go on. */
  onSearch(): void
  /** A partition has been moved. */
  onMoved(state: PartitionState, from: number, to: number): void
}

/** Where the log of the new leader parts from what was fetched. */
export interface Divergence {
  readonly offset: number
  /** The leader epoch of the record before it; -1 when unknown. */
  readonly leaderEpoch: number
}

export class Resets {
  readonly #host: ResetHost
  /** With the place to go on at, where that is known. */
  readonly #waiting = new Map<PartitionState, Divergence | undefined>()

  constructor(host: ResetHost) {
    this.#host = host
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  forget(state: PartitionState): void {
    this.#waiting.delete(state)
  }

  /** The broker has no such offset. */
  onOutOfRange(state: PartitionState, offset: number): void {
    state.resetFrom = offset
    this.#wait(state, undefined)
  }

  /** A new leader has something else, or nothing, from there on (KIP-320). */
  onDiverged(state: PartitionState, divergence: Divergence): void {
    if (divergence.offset >= state.position) {
      // User code has had nothing of what differs.
      state.dropFetched()
      return
    }
    state.stopBefore()
    this.#wait(state, divergence)
  }

  /** Moves those whose fetched records user code has finished. */
  settle(): void {
    for (const [state, divergence] of this.#waiting) this.#settleOne(state, divergence)
  }

  #wait(state: PartitionState, divergence: Divergence | undefined): void {
    this.#waiting.set(state, divergence)
    this.#settleOne(state, divergence)
  }

  #settleOne(state: PartitionState, divergence: Divergence | undefined): void {
    const { resetFrom } = state
    // Taken away, or moved by user code.
    const isOver = state.isRevoked || resetFrom < 0
    if (!isOver && !state.isDrained) return
    this.#waiting.delete(state)
    if (isOver) return
    if (divergence === undefined) {
      state.lookFor(this.#host.from)
      state.resetFrom = resetFrom
      this.#host.onSearch()
      return
    }
    state.moveTo(divergence.offset)
    state.fetchedEpoch = divergence.leaderEpoch
    this.#host.onMoved(state, resetFrom, divergence.offset)
  }
}

/** What listeners are told. */
export function resetEvent(state: PartitionState, from: number, to: number) {
  return { ...partitionOf(state), from, to }
}
