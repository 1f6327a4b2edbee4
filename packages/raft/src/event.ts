/** What happens to the machine. `now` is a monotonic clock in milliseconds; it must not go back. */

import type { SnapshotControl, SnapshotInfo } from './log-state.ts'
import type { RaftRequest, RaftResponse } from './message.ts'

/** Names a request that waits for its answer. Chosen by the driver. */
export type Token = number

export type RaftEvent<Proposal> = { readonly now: number } & (
  | { readonly type: 'tick' }
  /** A node asks. It is answered with a `reply` effect, now or later. */
  | { readonly type: 'request'; readonly token: Token; readonly request: RaftRequest }
  /** The asking connection is gone: no answer is wanted. */
  | { readonly type: 'requestCancelled'; readonly token: Token }
  | { readonly type: 'response'; readonly requestId: number; readonly response: RaftResponse }
  /** No answer will come. */
  | { readonly type: 'requestFailed'; readonly requestId: number }
  /** The leader's controller wants a batch of `recordCount` records in the log. */
  | { readonly type: 'propose'; readonly proposal: Proposal; readonly recordCount: number }
  /** The log can be read below `writtenOffset` and is synced below `durableOffset`, with all effects up to this generation done. */
  | {
      readonly type: 'logPersisted'
      readonly generation: number
      readonly writtenOffset: number
      readonly durableOffset: number
    }
  /** This node wrote a snapshot of its own committed records. */
  | { readonly type: 'snapshotCreated'; readonly snapshot: SnapshotInfo }
  /** Retention removed records and snapshots below a snapshot that ends at `startOffset`. */
  | { readonly type: 'logStartAdvanced'; readonly startOffset: number }
  /** An `installSnapshot` effect is done: the log is empty and starts at the snapshot, which is durable. */
  | { readonly type: 'snapshotInstalled'; readonly snapshot: SnapshotInfo; readonly control: SnapshotControl }
  /** The controller on this node cannot go on as the leader of `epoch`. */
  | { readonly type: 'resign'; readonly epoch: number }
  /** The node stops: a leader hands over first. Ends with a `stopped` effect, within `timeoutMs`. */
  | { readonly type: 'shutdown'; readonly timeoutMs: number }
)
