/**
 * What the machine wants done. Effects are one ordered queue over all steps: the driver starts them in order, and when it meets
 * `persistQuorumState` it starts nothing after it until that is durable. Appends may be in flight while later effects run.
 */
import type { ControlRecord } from './control-record.ts'
import type { Token } from './event.ts'
import type { SnapshotId } from './log-state.ts'
import type { FetchedBatch, OutgoingRequest, RaftReply } from './message.ts'
import type { QuorumState } from './quorum-state.ts'
import type { VoterSet } from './voter-set.ts'

export type RoleName = 'unattached' | 'prospective' | 'candidate' | 'leader' | 'follower' | 'resigned'

/** Where a request goes. `nodeId` is below -1 for an endpoint of which only the address is known. */
export interface Destination {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export type RaftEffect<Proposal> =
  /** Durable before any later effect: else a crash could forget a vote, and this node would vote twice in an epoch. */
  | {
      readonly type: 'persistQuorumState'
      readonly state: QuorumState
      readonly kraftVersion: number
      readonly voterIds: readonly number[]
    }
  | {
      readonly type: 'send'
      readonly requestId: number
      readonly to: Destination
      readonly request: OutgoingRequest
      readonly timeoutMs: number
    }
  | { readonly type: 'reply'; readonly token: Token; readonly reply: RaftReply }
  /** Append one batch as leader, partitionLeaderEpoch = `epoch`: a control batch or the proposal. */
  | {
      readonly type: 'append'
      readonly generation: number
      readonly baseOffset: number
      readonly epoch: number
      readonly batch:
        | { readonly kind: 'control'; readonly records: readonly ControlRecord[] }
        | { readonly kind: 'proposal'; readonly proposal: Proposal; readonly recordCount: number }
    }
  /** Not the leader, or leaving: nothing was appended. */
  | { readonly type: 'refuseProposal'; readonly proposal: Proposal; readonly leaderId: number; readonly epoch: number }
  /** Append the batches of a fetch byte for byte. */
  | { readonly type: 'appendFetched'; readonly generation: number; readonly batches: readonly FetchedBatch[] }
  /** Cut the log to end at `endOffset`, then report `logPersisted`. Records from there on were never committed. */
  | { readonly type: 'truncate'; readonly generation: number; readonly endOffset: number }
  /** Records below `highWatermark` are committed and can be read from the log: apply them. */
  | { readonly type: 'commit'; readonly highWatermark: number }
  | { readonly type: 'roleChanged'; readonly role: RoleName; readonly epoch: number; readonly leaderId: number }
  /** The leader's first record of its epoch is committed, so all earlier ones are: the controller may start. */
  | { readonly type: 'leaderReady'; readonly epoch: number; readonly epochStartOffset: number }
  | { readonly type: 'votersChanged'; readonly voters: VoterSet }
  /** Put bytes at `position` of a snapshot that is being fetched. Position 0 starts it anew. */
  | {
      readonly type: 'writeSnapshot'
      readonly snapshotId: SnapshotId
      readonly position: number
      readonly bytes: Uint8Array
    }
  /** The snapshot is complete: sync it, drop the whole log, start it at the snapshot, load the state, report `snapshotInstalled`. */
  | { readonly type: 'installSnapshot'; readonly snapshotId: SnapshotId; readonly size: number }
  | { readonly type: 'warn'; readonly message: string }
  | { readonly type: 'stopped' }
