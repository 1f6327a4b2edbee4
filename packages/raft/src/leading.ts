/** A leader's rounds: keeps its voters informed, notices when it has lost them, and moves the high watermark. */
import type { Core } from './core.ts'
import { majorityOffset } from './replicas.ts'
import type { Leader } from './role.ts'
import { completeFetches } from './serving.ts'
import { becomeResigned } from './transition.ts'
import { changeCommitted, pollVoterChange } from './voter-change.ts'
import type { ReplicaKey } from './voter-set.ts'

/** How much longer than a follower a leader waits before it believes that it is cut off. */
const checkQuorumFactor = 1.5

export function pollLeader<P>(core: Core<P>, leader: Leader): void {
  const lostAt = lastMajorityFetchAt(core, leader) + checkQuorumFactor * core.config.fetchTimeoutMs
  if (core.now >= lostAt) {
    core.emit({ type: 'warn', message: `resigning from epoch ${core.epoch}: no majority has fetched since ${lostAt}` })
    becomeResigned(core, preferredCandidates(core, leader))
    return
  }
  if (lostAt < Number.POSITIVE_INFINITY) core.wakeAt(lostAt)
  beginEpochs(core, leader)
  pollVoterChange(core, leader)
  updateHighWatermark(core, leader)
  if (core.role === leader) completeFetches(core, leader)
}

/** When a majority of voters, this one included, had last been heard of. */
function lastMajorityFetchAt<P>(core: Core<P>, leader: Leader): number {
  const times = core.voters.ids.map((id) => {
    if (id === core.self.id) return Number.POSITIVE_INFINITY
    return Math.max(leader.electedAt, leader.replicas.ofVoter(core.voters, id)?.lastFetchAt ?? 0)
  })
  return majorityOffset(times, core.voters.majority)
}

/** Tells voters that do not fetch who leads: at once, then every half fetch timeout. */
function beginEpochs<P>(core: Core<P>, leader: Leader): void {
  const intervalMs = core.config.fetchTimeoutMs / 2
  for (const { voter, target } of core.otherVoters()) {
    const lastFetchAt = leader.replicas.ofVoter(core.voters, voter.id)?.lastFetchAt ?? Number.NEGATIVE_INFINITY
    const dueAt = Math.max(leader.beginAt.get(voter.id) ?? leader.electedAt, lastFetchAt + intervalMs)
    if (core.now < dueAt) {
      core.wakeAt(dueAt)
      continue
    }
    leader.beginAt.set(voter.id, core.now + intervalMs)
    core.wakeAt(core.now + intervalMs)
    core.trySend(target, {
      kind: 'BeginQuorumEpoch',
      clusterId: core.self.clusterId,
      voter: { id: voter.id, directoryId: voter.directoryId },
      leaderId: core.self.id,
      epoch: core.epoch,
      leaderEndpoints: core.self.endpoints,
    })
  }
}

/**
 * Commits what a majority of the voters has durably, if it reaches into this epoch: records of earlier epochs alone could still
 * be overwritten by a leader that does not have them, so they are committed together with the first record of this one.
 */
export function updateHighWatermark<P>(core: Core<P>, leader: Leader): void {
  const offsets = core.voters.ids.map((id) => {
    if (id === core.self.id) return core.log.durableOffset
    return leader.replicas.ofVoter(core.voters, id)?.endOffset ?? -1
  })
  const committed = majorityOffset(offsets, core.voters.majority)
  if (committed <= leader.epochStartOffset) return
  core.advanceHighWatermark(committed)
  if (!leader.isReady && core.log.highWatermark > leader.epochStartOffset) {
    leader.isReady = true
    core.reportedHighWatermark = core.log.highWatermark
    core.emit({ type: 'leaderReady', epoch: core.epoch, epochStartOffset: leader.epochStartOffset })
  }
  changeCommitted(core, leader)
}

/** The voters by how much of the log they have, the most first. */
export function preferredCandidates<P>(core: Core<P>, leader: Leader): ReplicaKey[] {
  return core.voters.voters
    .filter((voter) => voter.id !== core.self.id)
    .map(({ id, directoryId }) => ({
      key: { id, directoryId },
      end: leader.replicas.ofVoter(core.voters, id)?.endOffset ?? -1,
    }))
    .sort((a, b) => b.end - a.end)
    .map(({ key }) => key)
}
