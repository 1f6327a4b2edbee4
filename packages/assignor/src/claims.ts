/** Who had which partition, by what the members say. */
import type { TopicPartitions } from './assignor.ts'
import type { GroupIndex } from './group-index.ts'

/** What one member says it has. */
export interface Claim {
  readonly partitions: TopicPartitions
  /** The generation in which it got them; -1: unknown, which is older than all others. */
  readonly generationId: number
}

/** No member, where a member index is expected. */
export const nobody = -1
/** Members of one generation say that they have the partition: none of them is believed, and each may be reading it. */
export const contested = -2

export interface Claims {
  /** By partition: the member that claims it in the highest generation, {@link nobody} or {@link contested}. */
  readonly owners: Int32Array
  /** By partition: the member with the newest of the claims older than the group's newest generation, or {@link nobody}. */
  readonly formerOwners: Int32Array
}

/** Claims that were all made in one generation and without conflict. */
export function unopposed(owners: Int32Array): Claims {
  return { owners, formerOwners: new Int32Array(owners.length).fill(nobody) }
}

/**
 * Settles conflicts: the higher generation wins, at equal ones nobody does. Claims of partitions that do not exist, or that nobody
 * subscribes to, are left out; claiming one twice is claiming it once.
 */
export function settleClaims(group: GroupIndex, claims: readonly Claim[]): Claims {
  const newest = claims.reduce((max, { generationId }) => Math.max(max, generationId), -1)
  const empty = () => new Int32Array(group.partitionCount).fill(nobody)
  const owners = empty()
  const formerOwners = empty()
  const claimants = empty()
  const generations = empty()
  const formerGenerations = empty()
  for (const [member, { partitions, generationId }] of claims.entries()) {
    for (const index of claimedIndexes(group, partitions)) {
      if (claimants[index] === member) continue
      const isFirst = claimants[index] === nobody
      claimants[index] = member
      if (isFirst || generationId > (generations[index] as number)) {
        owners[index] = member
        generations[index] = generationId
      } else if (generationId === generations[index]) owners[index] = contested
      if (generationId === newest) continue
      if (formerOwners[index] !== nobody && generationId <= (formerGenerations[index] as number)) continue
      formerOwners[index] = member
      formerGenerations[index] = generationId
    }
  }
  return { owners, formerOwners }
}

function* claimedIndexes(group: GroupIndex, claimed: TopicPartitions): Generator<number> {
  for (const [topic, partitions] of claimed) {
    for (const partition of partitions) {
      const index = group.indexOf(topic, partition)
      if (index !== undefined) yield index
    }
  }
}
