/** One member of a group: a connection, a consumer and a loop. */
import { Millrace } from 'millrace'
import { ordersTopic } from './order.ts'
import type { Delivery } from './service.ts'

/** Plain data: a member may run in another process. */
export interface MemberSettings {
  readonly name: string
  readonly brokers: string
  readonly topic: string
  readonly group: string
  readonly sessionTimeoutMs: number
  /** How often it is remembered what was handled. What was not remembered when a member dies is delivered again. */
  readonly commitIntervalMs: number
}

export interface MemberEvents {
  onAssigned(partitions: readonly number[]): void
  onReleased(partitions: readonly number[]): void
  /** The next order is asked for when this one is handled. */
  handle(delivery: Delivery): void | Promise<void>
  onFailed(error: Error): void
  /** Something did not work and is tried again. */
  onStalled(reason: string): void
}

const leaveLimitMs = 1000
/** Many: with its heartbeat a member learns that the group comes together anew. */
const heartbeatsPerSession = 10

export class Member {
  readonly #millrace: Millrace
  readonly #leaving = new AbortController()
  readonly #done: Promise<void>

  constructor(settings: MemberSettings, events: MemberEvents) {
    // A connection for each, as if each were a service of its own; by its client id the broker's view of the group tells who is who.
    this.#millrace = new Millrace({ brokers: settings.brokers, clientId: settings.name })
    this.#done = this.#read(settings, events).catch((error: Error) => events.onFailed(error))
  }

  /** Finishes the order in hand, commits, and leaves the group. */
  async leave(): Promise<void> {
    this.#leaving.abort()
    await this.#done
    await this.#millrace.close()
  }

  async #read(settings: MemberSettings, events: MemberEvents): Promise<void> {
    const { topic, group, sessionTimeoutMs, commitIntervalMs } = settings
    const consumer = this.#millrace.consumer({
      group,
      topics: [ordersTopic(topic)],
      from: 'earliest',
      sessionTimeoutMs,
      heartbeatIntervalMs: Math.ceil(sessionTimeoutMs / heartbeatsPerSession),
      autoCommitIntervalMs: commitIntervalMs,
    })
    consumer.on('assigned', (list) => events.onAssigned(list.map(({ partition }) => partition)))
    consumer.on('revoking', (list) => events.onReleased(list.map(({ partition }) => partition)))
    consumer.on('lost', (list) => events.onReleased(list.map(({ partition }) => partition)))
    consumer.on('stalled', ({ during, error }) => events.onStalled(`${during}: ${error.message}`))
    try {
      for await (const { partition, offset, value } of consumer.messages({ signal: this.#leaving.signal })) {
        if (value !== null) await events.handle({ partition, offset, order: value })
      }
    } finally {
      await consumer.close({ timeoutMs: leaveLimitMs })
    }
  }
}
