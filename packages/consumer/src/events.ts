/** What a consumer tells about itself while it runs. */
import type { Logger } from '@millrace/base'
import type { MillraceError } from '@millrace/client'

/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What listeners are told, by the event's name. */
export interface ConsumerEvents {
  /**
   * These partitions are about to be given up: the place to finish what belongs to them. Awaited, up to the rebalance timeout;
   * offsets are committed after it.
   */
  readonly revoking: readonly TopicPartition[]
  /**
   * These partitions are read from now on, beside those that were before. The place to seek or pause: awaited, up to the rebalance
   * timeout, before their first records are handed out.
   */
  readonly assigned: readonly TopicPartition[]
  /**
   * These partitions were taken away without notice: someone else may read them already. Nothing can be committed any more. Awaited, up
   * to the rebalance timeout.
   */
  readonly lost: readonly TopicPartition[]
  /**
   * Reading goes on at `to`, because the offset `from` was gone; because a new leader lacks what the one before had there; or because the
   * topic was deleted and created again. Records may have been skipped, or come again.
   */
  readonly reset: TopicPartition & { readonly from: number; readonly to: number }
  /** User code has been given everything of the partition: `offset` is where the next record will be. Told again after more came. */
  readonly end: TopicPartition & { readonly offset: number }
  /** Something did not work and is tried again. `metadata`: a topic is not there (yet). */
  readonly stalled: {
    readonly during: 'metadata' | 'join' | 'heartbeat' | 'position' | 'fetch' | 'commit'
    readonly error: MillraceError
  }
}

/** A listener of the event `N`. What it throws is logged, and hinders nothing. */
export type ConsumerListener<N extends keyof ConsumerEvents> = (event: ConsumerEvents[N]) => void | Promise<void>

type AnyListener = (event: never) => void | Promise<void>

/** Listeners by event. An error of a listener is logged, and hinders nothing. */
export class Listeners {
  readonly #logger: Logger
  readonly #listeners = new Map<keyof ConsumerEvents, Set<AnyListener>>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Adds a listener; the result removes it. */
  add<N extends keyof ConsumerEvents>(name: N, listener: ConsumerListener<N>): () => void {
    let set = this.#listeners.get(name)
    if (set === undefined) {
      set = new Set()
      this.#listeners.set(name, set)
    }
    set.add(listener)
    return () => void set.delete(listener)
  }

  /** Calls all listeners; resolves when they are done. */
  async emit<N extends keyof ConsumerEvents>(name: N, event: ConsumerEvents[N]): Promise<void> {
    const listeners = [...(this.#listeners.get(name) ?? [])] as ConsumerListener<N>[]
    await Promise.all(listeners.map((listener) => this.#call(name, listener, event)))
  }

  async #call<N extends keyof ConsumerEvents>(
    name: N,
    listener: ConsumerListener<N>,
    event: ConsumerEvents[N],
  ): Promise<void> {
    try {
      await listener(event)
    } catch (error) {
      this.#logger.error(`a listener of "${name}" failed`, { error })
    }
  }
}
