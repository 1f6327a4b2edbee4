/** The topics that a consumer is to read: those that user code named, and those that match its patterns. */
import type { Cluster, MillraceError } from '@millrace/client'
import type { ResolvedSettings } from './options.ts'
import { TopicDiscovery } from './topic-discovery.ts'
import { TopicErrors } from './topic-errors.ts'
import { TopicPatterns } from './topic-patterns.ts'
import { TopicSerdes } from './topic-serdes.ts'

export interface SubscriptionEvents {
  /** The topics are known, or are others than before. */
  readonly onTopics: () => void
  readonly onStalled: (error: MillraceError) => void
  readonly onFatal: (error: MillraceError) => void
}

export class Subscription {
  readonly serdes = new TopicSerdes()
  readonly #cluster: Cluster
  readonly #events: SubscriptionEvents
  readonly #named: readonly string[]
  readonly #discovery: TopicDiscovery | undefined
  readonly #errors = new TopicErrors()
  /** Topics that began to match while the consumer was reading. */
  readonly #late = new Set<string>()
  #topics: readonly string[]
  #isKnown = false

  constructor(cluster: Cluster, { topics, patterns }: ResolvedSettings, events: SubscriptionEvents) {
    this.#cluster = cluster
    this.#events = events
    this.#named = topics.map((topic) => this.serdes.add(topic))
    this.#topics = this.#named
    if (patterns.length === 0) return
    this.#discovery = new TopicDiscovery(cluster, new TopicPatterns(patterns), {
      onTopics: (names) => this.#onMatching(names),
      onStalled: events.onStalled,
      onFatal: events.onFatal,
    })
  }

  /** Whether there can never be a topic. */
  get isEmpty(): boolean {
    return this.#named.length === 0 && this.#discovery === undefined
  }

  get topics(): readonly string[] {
    return this.#topics
  }

  /** Whether the topic was not there yet when reading began. */
  isLate(topic: string): boolean {
    return this.#late.has(topic) || this.#errors.isMissing(topic)
  }

  /** What matches patterns has to be known first; names are known at once. */
  start(): void {
    if (this.#discovery !== undefined) this.#discovery.start()
    else this.#events.onTopics()
  }

  /** Tells, once, of topics that user code named and that cannot be read. */
  reportErrors(): void {
    for (const error of this.#errors.update(this.serdes.names, this.#cluster.snapshot)) {
      this.#events.onStalled(error)
      if (!error.retriable) this.#events.onFatal(error)
    }
  }

  close(): void {
    this.#discovery?.close()
  }

  #onMatching(matching: readonly string[]): void {
    const before = new Set(this.#topics)
    this.#topics = [...new Set([...this.#named, ...matching])]
    if (this.#isKnown) for (const name of this.#topics) if (!before.has(name)) this.#late.add(name)
    this.#isKnown = true
    this.#events.onTopics()
  }
}
