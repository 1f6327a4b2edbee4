/** The partitions that a consumer reads, by name. What is taken out is revoked: nothing of it counts any more. */
import type { TopicPartition } from './events.ts'
import { targetKey } from './fetch-session.ts'
import type { PartitionState } from './partition-state.ts'

export class AssignedPartitions implements Iterable<PartitionState> {
  readonly #states = new Map<string, PartitionState>()
  readonly #onDropped: (state: PartitionState) => void
  readonly #onChange: () => void

  /** @param onChange called after every change, once for all partitions that change together */
  constructor(onDropped: (state: PartitionState) => void, onChange: () => void) {
    this.#onDropped = onDropped
    this.#onChange = onChange
  }

  [Symbol.iterator](): Iterator<PartitionState> {
    return this.#states.values()
  }

  get size(): number {
    return this.#states.size
  }

  /** Their names. */
  get names(): readonly TopicPartition[] {
    return Array.from(this, partitionOf)
  }

  has(partition: TopicPartition): boolean {
    return this.#states.has(targetKey(partition))
  }

  get(partition: TopicPartition): PartitionState | undefined {
    return this.#states.get(targetKey(partition))
  }

  /** Those of the keys that are here. */
  pick(keys: ReadonlySet<string>): readonly PartitionState[] {
    return [...keys].flatMap((key) => this.#states.get(key) ?? [])
  }

  /** Takes `added` in; a partition that is here already is replaced. */
  add(added: readonly PartitionState[]): void {
    for (const state of added) {
      this.#remove(targetKey(state))
      this.#states.set(targetKey(state), state)
    }
    this.#onChange()
  }

  drop(dropped: Iterable<PartitionState>): void {
    for (const state of [...dropped]) this.#remove(targetKey(state))
    this.#onChange()
  }

  #remove(key: string): void {
    const state = this.#states.get(key)
    if (state === undefined) return
    this.#states.delete(key)
    state.revoke()
    this.#onDropped(state)
  }
}

/** The name alone: what listeners get. */
export function partitionOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}
