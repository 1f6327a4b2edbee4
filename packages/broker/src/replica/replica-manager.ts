/** Which partitions this broker hosts. Follows the metadata image: makes, updates and removes partitions and their logs. */
import type { Clock, Logger, TimerWheel, Uuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import type { LogManager } from '@millrace/storage'
import { type ClusterView, internalTopics, type PartitionView, type TopicView } from '../cluster-view.ts'
import type { ConfigRepository } from '../config/dynamic.ts'
import { logConfigOf } from './log-config.ts'
import { Partition } from './partition.ts'

export interface ReplicaManagerOptions {
  readonly brokerId: number
  readonly logs: LogManager
  readonly configs: ConfigRepository
  readonly timers: TimerWheel
  readonly clock: Clock
  readonly logger: Logger
}

/** Logs opened at once. */
const openingCountMax = 16

interface HostedTopic {
  readonly id: Uuid
  readonly partitions: Map<number, Partition>
}

export class ReplicaManager {
  readonly timers: TimerWheel
  readonly #options: ReplicaManagerOptions
  readonly #topics = new Map<string, HostedTopic>()

  constructor(options: ReplicaManagerOptions) {
    this.#options = options
    this.timers = options.timers
  }

  get brokerId(): number {
    return this.#options.brokerId
  }

  get logs(): LogManager {
    return this.#options.logs
  }

  /** The partition if this broker hosts it and its log is online. */
  partition(topic: string, index: number): Partition | undefined {
    return this.#topics.get(topic)?.partitions.get(index)
  }

  *partitions(): Iterable<Partition> {
    for (const topic of this.#topics.values()) yield* topic.partitions.values()
  }

  /**
   * Brings one topic to what the metadata says: it may be new, changed, or a new one of an old name. Resolves when its logs are
   * open; one that cannot be opened is offline, and the others work.
   */
  async updateTopic(topic: TopicView): Promise<void> {
    const hosted = this.#topics.get(topic.name)
    if (hosted !== undefined && hosted.id !== topic.id) await this.removeTopic(topic.name)
    const partitions = this.#topics.get(topic.name)?.partitions ?? new Map<number, Partition>()
    const own = topic.partitions.filter((view) => view.replicas.includes(this.#options.brokerId))
    await this.#openMissing(topic, own, partitions)
    for (const view of own) partitions.get(view.index)?.update(view)
    if (partitions.size > 0) this.#topics.set(topic.name, { id: topic.id, partitions })
  }

  /** The topic was deleted: waits end, its directories are renamed and removed later. */
  async removeTopic(name: string): Promise<void> {
    const hosted = this.#topics.get(name)
    if (hosted === undefined) return
    this.#topics.delete(name)
    for (const partition of hosted.partitions.values()) partition.close(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    for (const index of hosted.partitions.keys()) {
      try {
        await this.#options.logs.deleteLog({ topic: name, partition: index })
      } catch (error) {
        this.#options.logger.error('Could not delete a partition; its directory stays', {
          topic: name,
          partition: index,
          error,
        })
      }
    }
  }

  /** A topic's configs changed. */
  updateConfig(name: string): void {
    const config = logConfigOf(this.#options.configs.topicConfig(name))
    for (const partition of this.#topics.get(name)?.partitions.values() ?? []) partition.log?.updateConfig(config)
  }

  /** Ends all waits; the logs are closed by their manager. */
  close(): void {
    for (const partition of this.partitions()) partition.close()
    this.#topics.clear()
  }

  /** Several at a time: each waits for the disk more than once. */
  async #openMissing(
    topic: TopicView,
    views: readonly PartitionView[],
    partitions: Map<number, Partition>,
  ): Promise<void> {
    const missing = views.filter((view) => !partitions.has(view.index))
    const openNext = async (): Promise<void> => {
      for (let view = missing.shift(); view !== undefined; view = missing.shift()) {
        const partition = await this.#open(topic, view)
        if (partition !== undefined) partitions.set(view.index, partition)
      }
    }
    await Promise.all(Array.from({ length: Math.min(openingCountMax, missing.length) }, openNext))
  }

  async #open(topic: TopicView, view: PartitionView): Promise<Partition | undefined> {
    const { logs, configs, brokerId, timers, logger } = this.#options
    const topicPartition = { topic: topic.name, partition: view.index }
    const isInternal = internalTopics.has(topic.name)
    const openLog = async () => {
      const config = logConfigOf(configs.topicConfig(topic.name))
      const opened = await logs.ensureLog(topicPartition, topic.id, config)
      // At a start, logs are opened before the metadata tells their configs.
      opened.updateConfig(config)
      return opened
    }
    try {
      // Coordinators' partitions are many and mostly empty: theirs are made when something is written.
      const log = isInternal && logs.get(topicPartition) === undefined ? undefined : await openLog()
      const minInsyncReplicas = () => configs.topicConfig(topic.name).minInsyncReplicas
      const options = {
        topic: topic.name,
        index: view.index,
        brokerId,
        isInternal,
        log,
        openLog,
        timers,
        minInsyncReplicas,
      }
      return new Partition(options, view)
    } catch (error) {
      logger.error('A partition is offline: its log could not be opened', { ...topicPartition, error })
      return undefined
    }
  }
}

/** The partition, or what to tell a client that asked this broker for it. */
export function findPartition(
  replicas: ReplicaManager,
  cluster: ClusterView,
  topic: string,
  index: number,
):
  | { readonly partition: Partition }
  | { readonly errorCode: number; readonly currentLeader: { leaderId: number; leaderEpoch: number } | undefined } {
  const view = cluster.topic(topic)?.partitions[index]
  if (view === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, currentLeader: undefined }
  const partition = replicas.partition(topic, index)
  const currentLeader = { leaderId: view.leader, leaderEpoch: view.leaderEpoch }
  if (partition === undefined) {
    const isOffline = view.leader === replicas.brokerId
    return { errorCode: isOffline ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NOT_LEADER_OR_FOLLOWER, currentLeader }
  }
  return partition.isLeader ? { partition } : { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, currentLeader }
}
