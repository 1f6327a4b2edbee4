/** Keeps the metadata snapshot fresh: one request at a time, what is asked for meanwhile goes into the next one. */
import type { Clock, Timer } from '@millrace/base'
import { type Deferred, deferred } from '@millrace/base'
import { ErrorCode, Metadata, type MetadataResponse } from '@millrace/protocol'
import { brokerError, MillraceError, toMillraceError } from './error.ts'
import {
  applyLeader,
  applyMetadata,
  type BrokerEndpoint,
  emptySnapshot,
  forgetTopics,
  type MetadataSnapshot,
} from './metadata-snapshot.ts'

export interface MetadataKeeperOptions {
  readonly clock: Clock
  /** Asks some broker; null asks for all topics. */
  readonly fetch: (topics: readonly string[] | null, allowAutoTopicCreation: boolean) => Promise<MetadataResponse>
  /** Age after which topics in use are asked for again. */
  readonly maxAgeMs: number
  /** Shortest time between two refreshes that nobody waits for. */
  readonly refreshGapMs: number
  readonly onError: (error: MillraceError) => void
}

/** What one request asks for. */
interface Round {
  readonly topics: Set<string>
  isAll: boolean
  allowCreation: boolean
  readonly done: Deferred<MetadataSnapshot>
}

/** The longest time between two looks for a topic in use that is not there. */
const missingGapMaxMs = 2000

export class MetadataKeeper {
  readonly #options: MetadataKeeperOptions
  readonly #listeners = new Set<(snapshot: MetadataSnapshot) => void>()
  /** Topics in use, by how many use them. */
  readonly #tracked = new Map<string, number>()
  #snapshot = emptySnapshot
  #running: Round | undefined
  #next: Round | undefined
  #lastRoundMs = Number.NEGATIVE_INFINITY
  /** Rounds in a row in which a topic in use was not there. */
  #missingCount = 0
  /** The refresh that is due by itself. */
  #soon: { readonly atMs: number; readonly timer: Timer } | undefined
  #ageTimer: Timer | undefined
  #closeError: MillraceError | undefined

  constructor(options: MetadataKeeperOptions) {
    this.#options = options
  }

  get snapshot(): MetadataSnapshot {
    return this.#snapshot
  }

  /** Whether somebody needs metadata to stay fresh. */
  get isTracking(): boolean {
    return this.#tracked.size > 0
  }

  /** Calls `listener` after every change; gives what ends that. */
  watch(listener: (snapshot: MetadataSnapshot) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Keeps the topics fresh until the result is called. */
  track(topics: Iterable<string>): () => void {
    const names = [...topics]
    for (const name of names) this.#tracked.set(name, (this.#tracked.get(name) ?? 0) + 1)
    this.#armAgeTimer()
    let isTracked = true
    return () => {
      if (!isTracked) return
      isTracked = false
      for (const name of names) {
        const count = (this.#tracked.get(name) ?? 1) - 1
        if (count > 0) this.#tracked.set(name, count)
        else this.#tracked.delete(name)
      }
    }
  }

  /**
   * Asks for `topics` (all of them with 'all') and the brokers now. Never joins a request that is on its way already: its answer
   * may be older than the reason for this one.
   */
  refresh(topics: readonly string[] | 'all', allowCreation = false): Promise<MetadataSnapshot> {
    if (this.#closeError !== undefined) return Promise.reject(this.#closeError)
    this.#next ??= { topics: new Set(), isAll: false, allowCreation: false, done: deferred() }
    const round = this.#next
    if (topics === 'all') round.isAll = true
    else for (const topic of topics) round.topics.add(topic)
    round.allowCreation ||= allowCreation
    // Whoever waits handles the rejection; a background refresh has nobody.
    round.done.promise.catch(() => {})
    if (this.#running === undefined) this.#startNext()
    return round.done.promise
  }

  /** Asks for the topics in use in a moment, without waiting; not more often than the gap allows. */
  refreshSoon(): void {
    this.#refreshAfter(this.#options.refreshGapMs)
  }

  /** @param gapMs since the last round */
  #refreshAfter(gapMs: number): void {
    if (this.#closeError !== undefined) return
    const { clock } = this.#options
    const now = clock.monotonic()
    const atMs = Math.max(now, this.#lastRoundMs + gapMs)
    if (this.#soon !== undefined && this.#soon.atMs <= atMs) return
    this.#soon?.timer.cancel()
    const timer = clock.schedule(atMs - now, () => {
      this.#soon = undefined
      void this.refresh([])
    })
    this.#soon = { atMs, timer }
  }

  /** Takes news of one leader from another answer. */
  noteLeader(
    topic: string,
    partition: number,
    leader: { readonly leaderId: number; readonly leaderEpoch: number },
    endpoints: readonly BrokerEndpoint[],
  ): void {
    this.#publish(applyLeader(this.#snapshot, topic, partition, leader, endpoints))
  }

  /** Ends all refreshing; who waits is rejected with `error`. */
  close(error: MillraceError): void {
    this.#closeError = error
    this.#soon?.timer.cancel()
    this.#ageTimer?.cancel()
    this.#next?.done.reject(error)
    this.#next = undefined
  }

  #startNext(): void {
    const round = this.#next
    if (round === undefined) return
    this.#next = undefined
    this.#running = round
    this.#lastRoundMs = this.#options.clock.monotonic()
    for (const topic of this.#tracked.keys()) round.topics.add(topic)
    this.#run(round).then(
      (snapshot) => round.done.resolve(snapshot),
      (error) => this.#onFailure(round, toMillraceError(error, 'Asking for metadata')),
    )
  }

  async #run(round: Round): Promise<MetadataSnapshot> {
    try {
      const { clock, fetch } = this.#options
      const response = await fetch(round.isAll ? null : [...round.topics], round.allowCreation)
      if (this.#closeError !== undefined) throw this.#closeError
      if (response.errorCode === ErrorCode.REBOOTSTRAP_REQUIRED) {
        // What is known is about another cluster by now: the configured brokers are asked again.
        this.#publish({ ...this.#snapshot, brokers: new Map() })
        const message = 'The broker asks this client to start over from its configured brokers'
        throw new MillraceError('broker', message, { retriable: true, brokerCode: response.errorCode })
      }
      if (response.errorCode !== ErrorCode.NONE) {
        throw brokerError(response.errorCode, 'Asking for metadata', Metadata.name)
      }
      this.#publish(applyMetadata(this.#snapshot, response, round.isAll, clock.monotonic()))
      this.#lookForMissing()
      return this.#snapshot
    } finally {
      this.#running = undefined
      if (this.#closeError === undefined) {
        this.#armAgeTimer()
        this.#startNext()
      }
    }
  }

  /** A topic in use that is not there may be created at any moment: whoever waits for it shall not wait for the age of metadata. */
  #lookForMissing(): void {
    const { topics } = this.#snapshot
    const isMissing = [...this.#tracked.keys()].some((name) => topics.get(name)?.errorCode !== ErrorCode.NONE)
    this.#missingCount = isMissing ? this.#missingCount + 1 : 0
    if (!isMissing) return
    const { refreshGapMs } = this.#options
    this.#refreshAfter(Math.min(missingGapMaxMs, refreshGapMs * 2 ** Math.min(this.#missingCount, 20)))
  }

  #onFailure(round: Round, error: MillraceError): void {
    round.done.reject(error)
    if (this.#closeError !== undefined) return
    this.#options.onError(error)
    if (this.#tracked.size > 0) this.refreshSoon()
  }

  #publish(snapshot: MetadataSnapshot): void {
    if (snapshot === this.#snapshot) return
    this.#snapshot = snapshot
    for (const listener of [...this.#listeners]) listener(snapshot)
  }

  #armAgeTimer(): void {
    if (this.#ageTimer !== undefined || this.#closeError !== undefined) return
    const { clock, maxAgeMs } = this.#options
    this.#ageTimer = clock.schedule(maxAgeMs, () => {
      this.#ageTimer = undefined
      const oldestMs = clock.monotonic() - maxAgeMs
      const isWanted = ({ name, fetchedAtMs }: { name: string; fetchedAtMs: number }) =>
        this.#tracked.has(name) || fetchedAtMs > oldestMs
      this.#publish(forgetTopics(this.#snapshot, isWanted))
      // Without topics in use nobody needs fresh metadata; the timer comes back with the next request.
      if (this.#tracked.size > 0) void this.refresh([])
    })
  }
}
