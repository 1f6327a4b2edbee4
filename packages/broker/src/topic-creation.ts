/** Topics that come into being because somebody mentions them: auto-created ones and those that coordinators keep. */
import type { Logger } from '@millrace/base'
import { CreateTopics, ErrorCode } from '@millrace/protocol'
import { internalTopics } from './cluster-view.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import type { ControllerChannel, TopicCreation } from './services.ts'

/** How many creations may be under way; more are asked for again by the clients that need them. */
const inFlightCountMax = 1000

export class AutomaticTopicCreation implements TopicCreation {
  readonly #channel: ControllerChannel
  readonly #config: BrokerConfig
  readonly #logger: Logger
  readonly #inFlight = new Set<string>()

  constructor(channel: ControllerChannel, config: BrokerConfig, logger: Logger) {
    this.#channel = channel
    this.#config = config
    this.#logger = logger
  }

  request(name: string): void {
    if (this.#inFlight.has(name) || this.#inFlight.size >= inFlightCountMax) return
    this.#inFlight.add(name)
    this.#create(name)
      .catch((error: unknown) => this.#logger.warn('Could not create a topic', { topic: name, error }))
      .finally(() => this.#inFlight.delete(name))
  }

  async #create(name: string): Promise<void> {
    const topic = internalTopics.has(name) ? this.#internalTopic(name) : userTopic(name)
    const request = { topics: [topic], timeoutMs: this.#config.requestTimeoutMs, validateOnly: false }
    const { topics } = await this.#channel.send(CreateTopics, request, { apiVersion: 7, principal: 'broker' })
    const result = topics?.[0]
    if (result?.errorCode === ErrorCode.NONE || result?.errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return
    this.#logger.warn('Could not create a topic', {
      topic: name,
      errorCode: result?.errorCode,
      reason: result?.errorMessage,
    })
  }

  /** Reference section 2.8: how Kafka's brokers create the topics of their coordinators. */
  #internalTopic(name: string) {
    const config = this.#config
    return {
      ...userTopic(name),
      numPartitions: config.offsetsTopicNumPartitions,
      replicationFactor: config.offsetsTopicReplicationFactor,
      configs: [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'compression.type', value: 'producer' },
        { name: 'segment.bytes', value: String(config.offsetsTopicSegmentBytes) },
      ],
    }
  }
}

function userTopic(name: string) {
  return {
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [],
    configs: [] as { name: string; value: string }[],
  }
}
