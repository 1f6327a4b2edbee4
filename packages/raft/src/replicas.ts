/** How far the replicas are, as the leader sees them, and what that makes of the high watermark. */
import type { RaftConfig } from './config.ts'
import type { ReplicaKey, VoterSet } from './voter-set.ts'

export interface ReplicaProgress {
  readonly key: ReplicaKey
  /** Where its durable log ends, as far as the leader was told; -1 when it never fetched. */
  endOffset: number
  /** -1: never in this epoch. */
  lastFetchAt: number
  /** When it last had everything the leader had; -1 never. */
  lastCaughtUpAt: number
  /** Where the leader's log ended at its last fetch. */
  leaderEndAtFetch: number
}

/** The largest offset that at least `majority` of `offsets` have reached. */
export function majorityOffset(offsets: readonly number[], majority: number): number {
  return offsets.toSorted((a, b) => b - a)[majority - 1] ?? 0
}

const textOf = (key: ReplicaKey): string => `${key.id}/${key.directoryId}`

export class Replicas {
  readonly #all = new Map<string, ReplicaProgress>()
  readonly #config: RaftConfig

  constructor(config: RaftConfig) {
    this.#config = config
  }

  get(key: ReplicaKey): ReplicaProgress | undefined {
    return this.#all.get(textOf(key))
  }

  /** The progress of a voter, also of one whose directory the voters do not name. */
  ofVoter(voters: VoterSet, id: number): ReplicaProgress | undefined {
    let newest: ReplicaProgress | undefined
    for (const progress of this.#all.values()) {
      if (progress.key.id !== id || !voters.has(progress.key)) continue
      if (newest === undefined || progress.lastFetchAt > newest.lastFetchAt) newest = progress
    }
    return newest
  }

  /** The progress of a replica that fetches now; undefined when too many are known already. Voters always have room. */
  touch(key: ReplicaKey, voters: VoterSet, now: number): ReplicaProgress | undefined {
    const known = this.get(key)
    if (known !== undefined) return known
    if (this.#all.size >= this.#config.observersMax) this.#forgetSilent(voters, now)
    if (this.#all.size >= this.#config.observersMax && !voters.has(key)) return undefined
    const progress: ReplicaProgress = { key, endOffset: -1, lastFetchAt: -1, lastCaughtUpAt: -1, leaderEndAtFetch: -1 }
    this.#all.set(textOf(key), progress)
    return progress
  }

  /** Notes a fetch. `endOffset` is undefined when the replica's log does not agree with the leader's yet. */
  fetched(progress: ReplicaProgress, endOffset: number | undefined, leaderEndOffset: number, now: number): void {
    const previousFetchAt = progress.lastFetchAt
    progress.lastFetchAt = now
    if (endOffset === undefined) return
    if (endOffset >= leaderEndOffset) progress.lastCaughtUpAt = now
    else if (progress.leaderEndAtFetch >= 0 && endOffset >= progress.leaderEndAtFetch) {
      progress.lastCaughtUpAt = Math.max(progress.lastCaughtUpAt, previousFetchAt)
    }
    progress.leaderEndAtFetch = leaderEndOffset
    progress.endOffset = endOffset
  }

  /** Replicas that do not vote and fetched within the observer session. */
  observers(voters: VoterSet, now: number): ReplicaProgress[] {
    this.#forgetSilent(voters, now)
    return [...this.#all.values()].filter((progress) => !voters.has(progress.key))
  }

  #forgetSilent(voters: VoterSet, now: number): void {
    for (const [text, progress] of this.#all) {
      const silentMs = now - progress.lastFetchAt
      if (!voters.has(progress.key) && silentMs > this.#config.observerSessionTimeoutMs) this.#all.delete(text)
    }
  }
}
