/** A partition's change as a record that carries only what differs, and its application. */
import type { Uuid } from '@millrace/base'
import type { MetadataRecord } from '@millrace/protocol'
import type { PartitionImage } from './image.ts'

type ChangeData = Extract<MetadataRecord, { type: 'PartitionChangeRecord' }>['data']

/** In a record: the leader stays who it is. Differs from "no leader", -1. */
const leaderUnchanged = -2
const recoveryStateUnchanged = -1

/** What a partition becomes. */
export type PartitionTarget = Omit<PartitionImage, 'index' | 'leaderEpoch' | 'partitionEpoch'>

/** The partition after a change: every change is a new partition epoch, every named leader a new leader epoch. */
export function applyPartitionChange(partition: PartitionImage, change: ChangeData): PartitionImage {
  const isElection = change.leader !== leaderUnchanged
  return {
    index: partition.index,
    replicas: change.replicas ?? partition.replicas,
    directories: change.directories ?? partition.directories,
    isr: change.isr ?? partition.isr,
    elr: change.eligibleLeaderReplicas ?? partition.elr,
    lastKnownElr: change.lastKnownElr ?? partition.lastKnownElr,
    addingReplicas: change.addingReplicas ?? partition.addingReplicas,
    removingReplicas: change.removingReplicas ?? partition.removingReplicas,
    leader: isElection ? change.leader : partition.leader,
    leaderRecoveryState:
      change.leaderRecoveryState === recoveryStateUnchanged
        ? partition.leaderRecoveryState
        : change.leaderRecoveryState,
    leaderEpoch: partition.leaderEpoch + (isElection ? 1 : 0),
    partitionEpoch: partition.partitionEpoch + 1,
  }
}

/** The record that turns `partition` into `target`; undefined when nothing differs. */
export function partitionChangeRecord(
  topicId: Uuid,
  partition: PartitionImage,
  target: PartitionTarget,
): MetadataRecord | undefined {
  const data = {
    partitionId: partition.index,
    topicId,
    isr: changed(partition.isr, target.isr),
    leader: target.leader === partition.leader ? leaderUnchanged : target.leader,
    replicas: changed(partition.replicas, target.replicas),
    removingReplicas: changed(partition.removingReplicas, target.removingReplicas),
    addingReplicas: changed(partition.addingReplicas, target.addingReplicas),
    leaderRecoveryState:
      target.leaderRecoveryState === partition.leaderRecoveryState
        ? recoveryStateUnchanged
        : target.leaderRecoveryState,
    directories: changed(partition.directories, target.directories),
    eligibleLeaderReplicas: changed(partition.elr, target.elr),
    lastKnownElr: changed(partition.lastKnownElr, target.lastKnownElr),
  }
  const isNothing =
    data.leader === leaderUnchanged &&
    data.leaderRecoveryState === recoveryStateUnchanged &&
    [data.isr, data.replicas, data.removingReplicas, data.addingReplicas].every((list) => list === null) &&
    [data.directories, data.eligibleLeaderReplicas, data.lastKnownElr].every((list) => list === null)
  return isNothing ? undefined : { type: 'PartitionChangeRecord', version: 2, data }
}

function changed<T>(before: readonly T[], after: readonly T[]): readonly T[] | null {
  return before.length === after.length && before.every((each, index) => each === after[index]) ? null : after
}
