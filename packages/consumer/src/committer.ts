/** Commits what is done: when asked, and by itself from time to time. One commit after the other, so that an older one never comes last. */
import type { Timer } from '@millrace/base'
import { type Cluster, type Lane, MillraceError, toMillraceError } from '@millrace/client'
import { ErrorCode } from '@millrace/protocol'
import { targetKey } from './fetch-session.ts'
import { commitOffsets, type MemberIdentity } from './group-offsets.ts'
import type { ResolvedSettings } from './options.ts'
import type { PartitionState } from './partition-state.ts'

export interface CommitterHost {
  /** The partitions that are assigned now. */
  states(): Iterable<PartitionState>
  /** Who commits. */
  identity(): MemberIdentity
  /** The coordinator says that `identity` is no member, or not in this generation, any more. */
  onExpelled(identity: MemberIdentity, errorCode: number): void
  onStalled(error: MillraceError): void
}

/** Everything of a partition before `offset` is done. */
interface Done {
  readonly state: PartitionState
  readonly offset: number
  /** Of the record before it; -1 when unknown. */
  readonly leaderEpoch: number
}

/** Codes after which the partitions may belong to someone else. */
const expelledCodes: readonly (number | undefined)[] = [
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.FENCED_INSTANCE_ID,
]

export class Committer {
  readonly #cluster: Cluster
  readonly #settings: ResolvedSettings
  readonly #lane: Lane
  readonly #host: CommitterHost
  readonly #aborter = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #timer: Timer | undefined
  #isStopped = false

  constructor(cluster: Cluster, settings: ResolvedSettings, lane: Lane, host: CommitterHost) {
    this.#cluster = cluster
    this.#settings = settings
    this.#lane = lane
    this.#host = host
  }

  /** Commits by itself from now on, if that is wanted. */
  start(): void {
    if (this.#isAutomatic && !this.#isStopped) this.#armTimer()
  }

  /** Commits by itself no more. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** Gives up what is under way. */
  close(): void {
    this.stop()
    this.#aborter.abort()
  }

  /** Commits everything that is done. Rejects with {@link MillraceError}. */
  async commitAll(): Promise<void> {
    await this.#commit(this.#uncommitted())
  }

  /** The same where committing goes by itself; never rejects. */
  async commitQuietly(): Promise<void> {
    const done = this.#isAutomatic ? this.#uncommitted() : []
    if (done.length === 0) return
    try {
      await this.#commit(done)
    } catch (error) {
      this.#host.onStalled(toMillraceError(error, 'Committing'))
    }
  }

  /** Everything of the partition before `offset` is done. Rejects with {@link MillraceError}. */
  async commitBefore(state: PartitionState, offset: number, leaderEpoch: number): Promise<void> {
    if (state.isRevoked) throw revokedError(state, offset)
    state.finishBefore(offset)
    await this.#commit([{ state, offset, leaderEpoch }])
  }

  get #isAutomatic(): boolean {
    return this.#settings.autoCommit && this.#settings.group !== undefined
  }

  #uncommitted(): Done[] {
    const done: Done[] = []
    for (const state of this.#host.states()) {
      const { doneOffset, committedOffset, buffer } = state
      if (doneOffset < 0 || doneOffset === committedOffset) continue
      done.push({ state, offset: doneOffset, leaderEpoch: buffer.leaderEpoch })
    }
    return done
  }

  #commit(done: readonly Done[]): Promise<void> {
    const { group } = this.#settings
    if (group === undefined) {
      return Promise.reject(new MillraceError('invalid-argument', 'Committing needs a group'))
    }
    // As of now: what a later generation of this member says is not true of these partitions.
    const identity = this.#host.identity()
    const commit = this.#running.then(() => this.#send(group, identity, done))
    this.#running = commit.catch(() => {})
    return commit
  }

  async #send(group: string, identity: MemberIdentity, done: readonly Done[]): Promise<void> {
    const offsets = done.map(({ state: { topic, partition }, offset, leaderEpoch }) => {
      return { topic, partition, offset, leaderEpoch }
    })
    try {
      await commitOffsets(this.#cluster, group, identity, offsets, { lane: this.#lane, signal: this.#aborter.signal })
    } catch (cause) {
      const error = toMillraceError(cause, 'Committing')
      const { brokerCode } = error
      if (brokerCode === undefined || !expelledCodes.includes(brokerCode)) throw error
      this.#host.onExpelled(identity, brokerCode)
      const message = `${error.message}: the partitions may belong to another member by now`
      throw new MillraceError('revoked', message, { apiName: error.apiName, brokerCode, cause: error })
    }
    for (const { state, offset } of done) state.committedOffset = offset
  }

  #armTimer(): void {
    this.#timer = this.#cluster.clock.schedule(this.#settings.autoCommitIntervalMs, () => {
      this.commitQuietly().then(() => {
        if (!this.#isStopped) this.#armTimer()
      })
    })
  }
}

function revokedError(state: PartitionState, offset: number): MillraceError {
  const message = `${targetKey(state)} is not assigned to this consumer any more: offset ${offset} is not committed`
  return new MillraceError('revoked', message)
}
