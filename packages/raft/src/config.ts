/** The knobs of the quorum, with Apache Kafka's names and defaults. */

/** Times in milliseconds. Names in parentheses are Kafka's keys. */
export interface RaftConfig {
  /** How long a voter without a leader waits, plus a random part of the same size (`controller.quorum.election.timeout.ms`). */
  readonly electionTimeoutMs: number
  /** The most a voter waits after a lost election (`controller.quorum.election.backoff.max.ms`). */
  readonly electionBackoffMaxMs: number
  /** A follower that got no answer for so long looks for a new leader; a leader that no majority fetched from for 1.5 times of it resigns (`controller.quorum.fetch.timeout.ms`). */
  readonly fetchTimeoutMs: number
  /** After so long a request counts as failed (`controller.quorum.request.timeout.ms`). */
  readonly requestTimeoutMs: number
  /** The pause after a failed request (`controller.quorum.retry.backoff.ms`). */
  readonly retryBackoffMs: number
  /** How long a leader may hold a fetch that has nothing to get. */
  readonly fetchWaitMs: number
  /** `controller.quorum.fetch.max.bytes` */
  readonly fetchSizeMax: number
  /** `controller.quorum.fetch.snapshot.max.bytes` */
  readonly fetchSnapshotSizeMax: number
  /** A replica that is no voter and did not fetch for so long is forgotten by the leader. */
  readonly observerSessionTimeoutMs: number
  /** How many replicas that are not voters a leader keeps track of. */
  readonly observersMax: number
  /** Whether an observer asks to become a voter (`controller.quorum.auto.join.enable`). */
  readonly autoJoin: boolean
}

export const defaultRaftConfig: RaftConfig = {
  electionTimeoutMs: 1000,
  electionBackoffMaxMs: 1000,
  fetchTimeoutMs: 2000,
  requestTimeoutMs: 2000,
  retryBackoffMs: 20,
  fetchWaitMs: 500,
  fetchSizeMax: 1_048_576,
  fetchSnapshotSizeMax: 1_048_576,
  observerSessionTimeoutMs: 300_000,
  observersMax: 1000,
  autoJoin: false,
}
