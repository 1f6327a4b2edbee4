/** The records that the quorum itself writes into the log. */
import type { Voter } from './voter-set.ts'

export type ControlRecord =
  /** The first record of an epoch. `grantingVoters`: who voted for the leader. */
  | {
      readonly type: 'leaderChange'
      readonly leaderId: number
      readonly voterIds: readonly number[]
      readonly grantingVoterIds: readonly number[]
    }
  | { readonly type: 'kraftVersion'; readonly kraftVersion: number }
  /** The voters from this offset on, whether committed or not. */
  | { readonly type: 'voters'; readonly voters: readonly Voter[] }

/** A control record as found in a log. Other control records (snapshot header and footer) say nothing about the quorum. */
export interface LocatedControlRecord {
  readonly offset: number
  readonly record: ControlRecord
}
