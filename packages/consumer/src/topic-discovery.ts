/** Looks for topics that match patterns: all topics of the cluster are asked for, from time to time. */
import type { Timer } from '@millrace/base'
import { backoffMs, type Cluster, type MillraceError, remedyForError, toMillraceError } from '@millrace/client'
import type { TopicPatterns } from './topic-patterns.ts'

export interface DiscoveryEvents {
  /** What matches now. Told with the first answer, and when it has changed. */
  readonly onTopics: (names: readonly string[]) => void
  readonly onStalled: (error: MillraceError) => void
  readonly onFatal: (error: MillraceError) => void
}

export class TopicDiscovery {
  readonly #cluster: Cluster
  readonly #patterns: TopicPatterns
  readonly #events: DiscoveryEvents
  /** Undefined before the first answer. */
  #names: readonly string[] | undefined
  #failureCount = 0
  #timer: Timer | undefined
  #isClosed = false

  constructor(cluster: Cluster, patterns: TopicPatterns, events: DiscoveryEvents) {
    this.#cluster = cluster
    this.#patterns = patterns
    this.#events = events
  }

  start(): void {
    void this.#look()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  async #look(): Promise<void> {
    try {
      const snapshot = await this.#cluster.metadata()
      if (this.#isClosed) return
      this.#failureCount = 0
      this.#take(this.#patterns.select(snapshot, this.#names))
      this.#lookAgain(this.#cluster.metadataMaxAgeMs)
    } catch (error) {
      if (!this.#isClosed) this.#onFailure(toMillraceError(error, 'Looking for topics'))
    }
  }

  #take(names: readonly string[]): void {
    const before = this.#names
    if (before !== undefined && names.length === before.length && names.every((name, at) => name === before[at])) return
    this.#names = names
    this.#events.onTopics(names)
  }

  #onFailure(error: MillraceError): void {
    this.#failureCount++
    this.#cluster.applyRemedy(remedyForError(error))
    if (!error.retriable) this.#events.onFatal(error)
    // The first failure is often only a connection that was idle for too long.
    else if (this.#failureCount > 1) this.#events.onStalled(error)
    // Nobody will ever answer through a connection that its owner has closed.
    if (error.code === 'closed') return
    this.#lookAgain(backoffMs(this.#failureCount, this.#cluster.random, this.#cluster.backoff))
  }

  #lookAgain(delayMs: number): void {
    this.#timer = this.#cluster.clock.schedule(delayMs, () => void this.#look())
  }
}
