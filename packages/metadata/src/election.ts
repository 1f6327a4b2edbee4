/** Who leads a partition, who is in sync, who may be elected later: pure functions. Reference section 4.4. */
import type { PartitionImage } from './image.ts'
import type { PartitionTarget } from './partition-change.ts'

export interface ElectionRules {
  /** May lead now: registered, unfenced, not leaving. */
  readonly isActive: (brokerId: number) => boolean
  /** `unclean.leader.election.enable` of the topic. */
  readonly allowsUnclean: boolean
  /** `eligible.leader.replicas.version` is at least 1. */
  readonly keepsElr: boolean
  /** min.insync.replicas of the topic, capped by the number of replicas. */
  readonly minIsr: number
}

/** What happens to a partition's in-sync replicas before a leader is sought. */
export interface IsrChange {
  /** The members that stay or come; the order of the partition's ISR is kept by the caller. */
  readonly isr: readonly number[]
  /** Members that leave because they were killed: what they had in memory is lost, so they are not eligible later. */
  readonly unclean?: ReadonlySet<number>
}

const recovered = 0
const recovering = 1
const noLeader = -1

/**
 * The partition after its ISR changed: a leader is elected if it has none that can stay, cleanly from the ISR or the eligible
 * replicas, else from the last known leader, else uncleanly if that is allowed.
 */
export function elect(partition: PartitionImage, change: IsrChange, rules: ElectionRules): PartitionTarget {
  const unclean = change.unclean ?? new Set<number>()
  const elr = partition.elr.filter((id) => !unclean.has(id))
  const target = { ...targetOf(partition), isr: change.isr, elr }
  const winner = chooseLeader({ ...partition, ...target }, rules)
  const isUnclean = winner?.isUnclean === true
  const leader = winner?.id ?? noLeader
  const isr = isUnclean ? [leader] : winner !== undefined && !change.isr.includes(leader) ? [leader] : change.isr
  return withElr(
    partition,
    {
      ...target,
      leader,
      isr,
      leaderRecoveryState: isUnclean
        ? recovering
        : leader === noLeader
          ? partition.leaderRecoveryState
          : target.leaderRecoveryState,
    },
    rules,
    unclean,
  )
}

function targetOf(partition: PartitionImage): PartitionTarget {
  const { index: _index, leaderEpoch: _leaderEpoch, partitionEpoch: _partitionEpoch, ...target } = partition
  return target
}

/** The present leader if it can stay, else the first replica in order of assignment that may lead. */
function chooseLeader(
  partition: PartitionTarget,
  rules: ElectionRules,
): { readonly id: number; readonly isUnclean: boolean } | undefined {
  const isEligible = (id: number) =>
    partition.isr.includes(id) || (partition.isr.length === 0 && partition.elr.includes(id))
  if (partition.leader !== noLeader && isEligible(partition.leader) && rules.isActive(partition.leader)) {
    return { id: partition.leader, isUnclean: false }
  }
  const clean = partition.replicas.find((id) => isEligible(id) && rules.isActive(id))
  if (clean !== undefined) return { id: clean, isUnclean: false }
  const anyEligible = partition.replicas.find((id) => partition.elr.includes(id) && rules.isActive(id))
  if (anyEligible !== undefined) return { id: anyEligible, isUnclean: false }
  const [lastKnown] = partition.lastKnownElr
  const isLost = partition.isr.length === 0 && partition.elr.length === 0
  if (
    rules.keepsElr &&
    isLost &&
    partition.lastKnownElr.length === 1 &&
    lastKnown !== undefined &&
    rules.isActive(lastKnown)
  ) {
    return { id: lastKnown, isUnclean: true }
  }
  const lastResort = rules.allowsUnclean ? partition.replicas.find((id) => rules.isActive(id)) : undefined
  return lastResort === undefined ? undefined : { id: lastResort, isUnclean: true }
}

/** Members that leave a shrinking ISR stay eligible until the ISR is large enough again (KIP-966). */
function withElr(
  partition: PartitionImage,
  target: PartitionTarget,
  rules: ElectionRules,
  unclean: ReadonlySet<number>,
): PartitionTarget {
  if (!rules.keepsElr) {
    // Without eligible replicas, the ISR is all that tells who has the data: its last member stays in it.
    const isr = target.isr.length === 0 ? partition.isr : target.isr
    return { ...target, isr, elr: [], lastKnownElr: [] }
  }
  if (target.isr.length >= rules.minIsr) return { ...target, elr: [], lastKnownElr: [] }
  const candidates = new Set([...partition.elr, ...partition.isr])
  const elr = target.replicas
    .filter((id) => candidates.has(id) && !target.isr.includes(id) && !unclean.has(id))
    .sort((a, b) => a - b)
  const lastKnownElr =
    target.leader === noLeader && partition.leader !== noLeader ? [partition.leader] : target.lastKnownElr
  return { ...target, elr, lastKnownElr: target.isr.length === 0 ? lastKnownElr : target.lastKnownElr }
}

/** A replica that has caught up joins, or one that fell behind leaves: the leader stays. */
export function changeIsr(partition: PartitionImage, isr: readonly number[], rules: ElectionRules): PartitionTarget {
  const target = { ...targetOf(partition), isr, leaderRecoveryState: recovered }
  return withElr(partition, target, rules, new Set())
}
