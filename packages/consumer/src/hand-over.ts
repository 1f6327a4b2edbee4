/**
 * How partitions come and go. They come: listeners are told, then records are handed out. They go in order: user code finishes what
 * it has of them, listeners are told, what is done is committed. Or they are lost: at once, and listeners are told after that.
 */
import { type AssignedPartitions, partitionOf } from './assigned-partitions.ts'
import type { Listeners, TopicPartition } from './events.ts'
import { targetKey } from './fetch-session.ts'
import type { HandOut } from './hand-out.ts'
import type { Limits } from './limits.ts'
import type { PartitionState } from './partition-state.ts'

export interface HandOverParts {
  readonly partitions: AssignedPartitions
  readonly handOut: HandOut
  readonly listeners: Listeners
  readonly limits: Limits
  /** Commits what is done of these partitions, if that goes by itself; never rejects. */
  readonly commitQuietly: (states: readonly PartitionState[]) => Promise<void>
  /** A partition may be handed out from now on. */
  readonly onReadable: (state: PartitionState) => void
}

function keysOf(partitions: Iterable<TopicPartition>): ReadonlySet<string> {
  return new Set(Array.from(partitions, targetKey))
}

export class HandOver {
  readonly #parts: HandOverParts
  /** How long listeners may take. */
  readonly #limitMs: number
  /** Listeners that are being told of new partitions. */
  #announcing: Promise<void> = Promise.resolve()
  #lossCount = 0

  constructor(parts: HandOverParts, limitMs: number) {
    this.#parts = parts
    this.#limitMs = limitMs
  }

  /** Reads new partitions. They are fetched at once, and handed out when listeners know of them. */
  assign(states: readonly PartitionState[]): void {
    if (states.length === 0) return
    const { partitions, limits, listeners, onReadable } = this.#parts
    for (const state of states) state.isAnnounced = false
    partitions.add(states)
    const lossCount = this.#lossCount
    const keys = keysOf(states)
    const told = limits.within(this.#limitMs, () => listeners.emit('assigned', states.map(partitionOf)))
    const announced = told.then(() => {
      if (lossCount !== this.#lossCount) return
      for (const state of partitions.pick(keys)) {
        state.isAnnounced = true
        onReadable(state)
      }
    })
    this.#announcing = Promise.all([this.#announcing, announced]).then(() => {})
  }

  /**
   * Gives partitions up, in order, within `limitMs`. False: user code still has something of them then, and they stay. True also when
   * all partitions were lost meanwhile.
   */
  async giveUp(going: readonly TopicPartition[], limitMs: number): Promise<boolean> {
    const { partitions, handOut, limits, commitQuietly } = this.#parts
    const keys = keysOf(going)
    const lossCount = this.#lossCount
    // They may be lost, and assigned anew, by the time that user code is done.
    const isCurrent = () => lossCount === this.#lossCount
    for (const state of partitions.pick(keys)) state.isGoing = true
    await limits.within(limitMs, async () => {
      await this.#announcing
      if (isCurrent()) await handOut.whenIdle(keys)
      if (isCurrent()) await this.tellRevoking(partitions.pick(keys))
      if (isCurrent()) await commitQuietly(partitions.pick(keys))
    })
    if (!isCurrent()) return true
    if (handOut.isOutOf(keys)) return false
    partitions.drop(partitions.pick(keys))
    return true
  }

  /** Tells that partitions are about to be given up, once of each. Resolves when listeners are done, also those of an earlier call. */
  async tellRevoking(states: Iterable<PartitionState>): Promise<void> {
    const all = [...states]
    const untold = all.filter(({ revoking }) => revoking === undefined)
    if (untold.length > 0) {
      const told = this.#parts.listeners.emit('revoking', untold.map(partitionOf))
      for (const state of untold) state.revoking = told
    }
    await Promise.all(all.map(({ revoking }) => revoking))
  }

  /** All partitions are gone. Resolves when listeners are done. */
  async lose(): Promise<void> {
    const { partitions, limits, listeners } = this.#parts
    const { names } = partitions
    this.#lossCount++
    partitions.drop(partitions)
    if (names.length === 0) return
    await limits.within(this.#limitMs, () => listeners.emit('lost', names))
  }
}
