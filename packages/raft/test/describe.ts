/** Messages and effects in words, for transcripts. Undefined: nothing worth a line. */
import type { ControlRecord, FetchResponse, RaftEffect, RaftRequest, RaftResponse } from '../src/index.ts'

const at = ({ offset, epoch }: { offset: number; epoch: number }): string => `${offset}@${epoch}`

export function describeRequest(request: RaftRequest): string | undefined {
  switch (request.kind) {
    case 'Vote':
      return `${request.preVote ? 'pre-vote' : 'vote'}? epoch ${request.epoch}, log ends ${at(request.end)}`
    case 'BeginQuorumEpoch':
      return `leader ${request.leaderId} of epoch ${request.epoch}`
    case 'EndQuorumEpoch':
      return `epoch ${request.epoch} ends, candidates ${request.preferredCandidates.map(({ id }) => id).join(',') || 'none'}`
    case 'FetchSnapshot':
      return `fetch snapshot ${at(request.snapshotId)} from ${request.position}`
    case 'AddRaftVoter':
    case 'RemoveRaftVoter':
    case 'UpdateRaftVoter':
      return `${request.kind} ${request.voter.id}`
    default:
      return undefined
  }
}

export function describeResponse(response: RaftResponse): string | undefined {
  const error = response.errorCode === 0 ? '' : ` error ${response.errorCode}`
  switch (response.kind) {
    case 'Vote':
      return `${response.voteGranted ? 'granted' : 'refused'}${error}, epoch ${response.leaderEpoch}, leader ${response.leaderId}`
    case 'BeginQuorumEpoch':
    case 'EndQuorumEpoch':
      return `${response.kind} ok${error}, epoch ${response.leaderEpoch}`
    case 'Fetch':
      return describeFetch(response, error)
    case 'FetchSnapshot':
      return `snapshot bytes ${response.position}-${response.position + response.bytes.length} of ${response.size}${error}`
    case 'AddRaftVoter':
    case 'RemoveRaftVoter':
    case 'UpdateRaftVoter':
      return `${response.kind}${error || ' ok'}`
    default:
      return undefined
  }
}

function describeFetch(response: FetchResponse, error: string): string | undefined {
  if (response.diverging !== undefined)
    return `diverging: this leader's epoch ${response.diverging.epoch} ends at ${response.diverging.offset}`
  if (response.snapshotId !== undefined) return `take snapshot ${at(response.snapshotId)}`
  if (error !== '')
    return response.leaderId < 0
      ? undefined
      : `fetch${error}, leader ${response.leaderId} of epoch ${response.leaderEpoch}`
  const [first] = response.batches
  const last = response.batches.at(-1)
  return first === undefined || last === undefined
    ? undefined
    : `records ${first.baseOffset}-${last.lastOffset}, committed ${response.highWatermark}`
}

export function describeEffect(effect: RaftEffect<string>): string | undefined {
  switch (effect.type) {
    case 'persistQuorumState': {
      const { leaderEpoch, leaderId, votedId } = effect.state
      return `persisted epoch ${leaderEpoch}, leader ${leaderId}, vote ${votedId}`
    }
    case 'roleChanged':
      return `is ${effect.role} in epoch ${effect.epoch}${effect.leaderId < 0 ? '' : `, leader ${effect.leaderId}`}`
    case 'append':
      return `appends ${effect.baseOffset}@${effect.epoch}: ${contentOf(effect)}`
    case 'refuseProposal':
      return `refuses ${effect.proposal}, leader ${effect.leaderId}`
    case 'truncate':
      return `cuts its log to end at ${effect.endOffset}`
    case 'commit':
      return `knows ${effect.highWatermark} committed`
    case 'leaderReady':
      return `is ready to lead epoch ${effect.epoch}`
    case 'votersChanged':
      return `voters are ${effect.voters.ids.join(',')}`
    case 'installSnapshot':
      return `replaces its log by snapshot ${at(effect.snapshotId)}`
    case 'warn':
      return `warns: ${effect.message}`
    case 'stopped':
      return 'may stop'
    default:
      return undefined
  }
}

function contentOf({ batch }: RaftEffect<string> & { type: 'append' }): string {
  return batch.kind === 'proposal' ? batch.proposal : batch.records.map(controlText).join(', ')
}

function controlText(record: ControlRecord): string {
  if (record.type === 'leaderChange')
    return `LeaderChange ${record.leaderId} by votes of ${record.grantingVoterIds.join(',')}`
  if (record.type === 'kraftVersion') return `KRaftVersion ${record.kraftVersion}`
  return `KRaftVoters ${record.voters.map(({ id }) => id).join(',')}`
}
