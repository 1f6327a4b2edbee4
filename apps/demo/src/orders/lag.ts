/** How far groups are behind, as the cluster sees it: between what they have committed and the end of each partition. */
import { type Clock, sleep } from '@millrace/base'
import { type Millrace, valuesOf } from 'millrace'
import { type GroupName, groupNames } from './groups.ts'
import { partitionCount } from './order.ts'

/** An offset for each partition; one that is not there is 0. */
export type Offsets = ReadonlyMap<number, number>

const pollMs = 250
const historyMax = 60

export function lagBetween(committed: Offsets, ends: Offsets): number {
  let lag = 0
  for (const [partition, end] of ends) lag += Math.max(0, end - (committed.get(partition) ?? 0))
  return lag
}

export class LagWatch {
  readonly #millrace: Millrace
  readonly #topic: string
  readonly #groupId: (name: GroupName) => string
  readonly #history = new Map<GroupName, number[]>()

  constructor(millrace: Millrace, topic: string, groupId: (name: GroupName) => string) {
    this.#millrace = millrace
    this.#topic = topic
    this.#groupId = groupId
  }

  /** The newest is the last. */
  history(group: GroupName): readonly number[] {
    return this.#history.get(group) ?? []
  }

  lag(group: GroupName): number {
    return this.history(group).at(-1) ?? 0
  }

  /** Looks again and again, until `signal` is aborted. Rejects when the cluster does not answer. */
  async run(clock: Clock, signal: AbortSignal): Promise<never> {
    for (;;) {
      await this.look(signal)
      await sleep(clock, pollMs, signal)
    }
  }

  async look(signal: AbortSignal): Promise<void> {
    // Ends first: what is committed meanwhile may be beyond them, and counts as no lag.
    const ends = await this.ends(signal)
    for (const group of groupNames) {
      const lag = lagBetween(await this.committed(group, signal), ends)
      this.#history.set(group, [...this.history(group), lag].slice(-historyMax))
    }
  }

  async ends(signal: AbortSignal): Promise<Offsets> {
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
    const queries = partitions.map((partition) => ({ topic: this.#topic, partition, at: 'latest' as const }))
    const found = valuesOf(await this.#millrace.admin.listOffsets(queries, { signal }))
    return new Map(partitions.map((partition) => [partition, found.get(`${this.#topic}-${partition}`)?.offset ?? 0]))
  }

  async committed(group: GroupName, signal: AbortSignal): Promise<Offsets> {
    const offsets = await this.#millrace.admin.listGroupOffsets(this.#groupId(group), { signal })
    return new Map(offsets.map(({ partition, offset }) => [partition, offset]))
  }
}
