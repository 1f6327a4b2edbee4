/**
 * What a member of a classic group has: what it says of that when it joins, and what an assignment changes. Pure.
 *
 * The eager protocol gives everything up before joining; the cooperative one (KIP-429) keeps everything, and gives up afterwards
 * what the assignment lacks.
 */
import type { RebalanceProtocol, TopicPartitions } from '@millrace/assignor'
import type { TopicPartition } from '../events.ts'
import { targetKey } from '../fetch-session.ts'

/** What a member says about itself when it joins. */
export interface Claim {
  /** What it has at that moment. */
  readonly ownedPartitions: TopicPartitions
  /** What it was assigned last, even if it was given up or lost since; empty before the first assignment. */
  readonly lastAssigned: TopicPartitions
  /** The generation of that assignment; -1 before the first. */
  readonly lastGenerationId: number
}

/** What an assignment changes. What is in neither list stays as it is. */
export interface OwnershipChange {
  readonly revoked: readonly TopicPartition[]
  readonly added: readonly TopicPartition[]
}

type Owned = ReadonlyMap<string, TopicPartition>

function keyed(partitions: readonly TopicPartition[]): Owned {
  return new Map(partitions.map((each) => [targetKey(each), each]))
}

/** Those of `partitions` that `others` has not. */
function without(partitions: Owned, others: Owned): readonly TopicPartition[] {
  return [...partitions].flatMap(([key, each]) => (others.has(key) ? [] : [each]))
}

/** Partitions by topic, ascending. */
export function groupPartitions(partitions: Iterable<TopicPartition>): TopicPartitions {
  const groups = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const group = groups.get(topic)
    if (group === undefined) groups.set(topic, [partition])
    else group.push(partition)
  }
  for (const group of groups.values()) group.sort((a, b) => a - b)
  return groups
}

export class Ownership {
  readonly #protocol: RebalanceProtocol
  #owned: Owned = new Map()
  #lastAssigned: TopicPartitions = new Map()
  #lastGenerationId = -1

  constructor(protocol: RebalanceProtocol) {
    this.#protocol = protocol
  }

  /** Whether there is something that others must not read. */
  get hasAny(): boolean {
    return this.#owned.size > 0
  }

  /** What is to be given up before joining. */
  get givenUpToJoin(): readonly TopicPartition[] {
    return this.#protocol === 'eager' ? [...this.#owned.values()] : []
  }

  get claim(): Claim {
    return {
      ownedPartitions: groupPartitions(this.#owned.values()),
      lastAssigned: this.#lastAssigned,
      lastGenerationId: this.#lastGenerationId,
    }
  }

  /** Takes an assignment. What it revokes is still owned until it is given up. */
  take(assignment: readonly TopicPartition[], generationId: number): OwnershipChange {
    const assigned = keyed(assignment)
    const change = { revoked: without(this.#owned, assigned), added: without(assigned, this.#owned) }
    this.#lastAssigned = groupPartitions(assigned.values())
    this.#lastGenerationId = generationId
    this.#owned = new Map([...this.#owned, ...assigned])
    return change
  }

  giveUp(partitions: readonly TopicPartition[]): void {
    this.#owned = keyed(without(this.#owned, keyed(partitions)))
  }

  /** The membership is over: nothing is owned. */
  lose(): void {
    this.#owned = new Map()
  }
}
