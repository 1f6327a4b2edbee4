/** Which partitions this broker hosts. Follows the metadata image: makes, updates and removes partitions and their logs. */
import type { Clock, Logger, TimerWheel, Uuid } from '@millrace/base'
import { directoryOf } from '@millrace/metadata'
import { ErrorCode } from '@millrace/protocol'
import type { Log, LogManager, TopicPartition } from '@millrace/storage'
import { type ClusterView, internalTopics, type PartitionView, type TopicView } from '../cluster-view.ts'
import type { ConfigRepository } from '../config/dynamic.ts'
import { logConfigOf } from './log-config.ts'
import { Partition } from './partition.ts'
import { ReplicaMoves } from './replica-moves.ts'
import { placeReplica } from './replica-place.ts'

export interface ReplicaManagerOptions {
  readonly brokerId: number
  readonly logs: LogManager
  readonly configs: ConfigRepository
  readonly timers: TimerWheel
  readonly clock: Clock
  readonly logger: Logger
  /** A replica is in a directory that the metadata does not say. */
  readonly onPlaced: (topicId: Uuid, partition: number, directoryId: Uuid) => void
}

/** Logs opened at once. */
const openingCountMax = 16
/** Places remembered for replicas that may never come. */
const preferredCountMax = 10_000

interface HostedTopic {
  readonly id: Uuid
  readonly partitions: Map<number, Partition>
  /** Partitions of this broker whose logs cannot be used before the next start. */
  readonly offline: Set<number>
}

export class ReplicaManager {
  readonly timers: TimerWheel
  readonly #options: ReplicaManagerOptions
  readonly #topics = new Map<string, HostedTopic>()
  /** Where replicas are to be made that are not here yet. */
  readonly #preferred = new Map<string, string>()
  readonly moves: ReplicaMoves
  /** `before`: the metadata that is applied is from earlier lives, and may be outdated by what follows it. */
  #phase: 'before' | 'settling' | 'settled' = 'before'
  /** Topics with partitions that have no log here, from before this life: whether they get one is seen when all is known. */
  readonly #deferred = new Map<string, TopicView>()

  constructor(options: ReplicaManagerOptions) {
    this.#options = options
    this.timers = options.timers
    this.moves = new ReplicaMoves({
      logs: options.logs,
      logger: options.logger,
      partition: ({ topic, partition }) => this.partition(topic, partition),
      isOffline: ({ topic, partition }) => this.isOffline(topic, partition),
      onMoved: (topicPartition, log) => this.#moved(topicPartition, log),
      onLost: ({ topic, partition }, error) => this.#lost(topic, partition, error),
    })
  }

  /**
   * The metadata of earlier lives is applied: what comes from here on is new. Partitions without a log get one, unless it may be in a
   * directory that does not work. Moves that the last process began go on.
   */
  async settle(): Promise<void> {
    if (this.#phase !== 'before') return
    this.#phase = 'settling'
    for (const topic of this.#deferred.values()) await this.updateTopic(topic)
    this.#deferred.clear()
    this.#phase = 'settled'
    this.moves.resume()
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

  /** Whether the partition is this broker's, and its log cannot be used. */
  isOffline(topic: string, index: number): boolean {
    return this.#topics.get(topic)?.offline.has(index) ?? false
  }

  /** A log directory failed: its partitions end here, with KAFKA_STORAGE_ERROR for all who wait. How many they are. */
  directoryFailed(path: string): number {
    const { logs } = this.#options
    let count = 0
    for (const [topic, { partitions, offline }] of this.#topics) {
      for (const [index, partition] of partitions) {
        if (logs.directoryOf({ topic, partition: index }) !== path) continue
        count++
        partitions.delete(index)
        offline.add(index)
        partition.close(ErrorCode.KAFKA_STORAGE_ERROR)
      }
    }
    return count
  }

  /** Moves a replica to another log directory; one that is not here yet will be made there. The error code. */
  async alterDirectory(topicPartition: TopicPartition, directory: string): Promise<number> {
    const errorCode = await this.moves.alter(topicPartition, directory)
    const isMissing = this.#options.logs.directoryOf(topicPartition) === undefined
    if (errorCode === ErrorCode.REPLICA_NOT_AVAILABLE && isMissing) this.#prefer(topicPartition, directory)
    return errorCode
  }

  #prefer({ topic, partition }: TopicPartition, directory: string): void {
    if (this.#preferred.size >= preferredCountMax) return
    this.#preferred.set(`${topic}-${partition}`, directory)
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
    const known = this.#topics.get(topic.name)
    const partitions = known?.partitions ?? new Map<number, Partition>()
    const offline = known?.offline ?? new Set<number>()
    const own = topic.partitions.filter((view) => view.replicas.includes(this.#options.brokerId))
    if (own.length > 0) this.#topics.set(topic.name, { id: topic.id, partitions, offline })
    await this.#openMissing(topic, own, partitions, offline)
    for (const view of own) {
      const partition = partitions.get(view.index)
      partition?.update(view)
      if (partition !== undefined) this.#tellPlace(topic, view)
    }
  }

  /** The topic was deleted: waits end, its directories are renamed and removed later. */
  async removeTopic(name: string): Promise<void> {
    this.#deferred.delete(name)
    const hosted = this.#topics.get(name)
    if (hosted === undefined) return
    this.#topics.delete(name)
    for (const partition of hosted.partitions.values()) partition.close(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    for (const index of hosted.partitions.keys()) {
      try {
        await this.moves.stop({ topic: name, partition: index })
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
    offline: Set<number>,
  ): Promise<void> {
    const missing = views.filter((view) => !partitions.has(view.index) && !offline.has(view.index))
    const openNext = async (): Promise<void> => {
      for (let view = missing.shift(); view !== undefined; view = missing.shift()) {
        const hasLog = this.#hasLog({ topic: topic.name, partition: view.index })
        if (!hasLog && this.#phase === 'before') {
          this.#deferred.set(topic.name, topic)
          continue
        }
        const partition = await this.#open(topic, view, hasLog)
        if (partition !== undefined) partitions.set(view.index, partition)
        else offline.add(view.index)
      }
    }
    await Promise.all(Array.from({ length: Math.min(openingCountMax, missing.length) }, openNext))
  }

  #hasLog(topicPartition: TopicPartition): boolean {
    const log = this.#options.logs.get(topicPartition)
    return log !== undefined && log.failure === undefined
  }

  async #open(topic: TopicView, view: PartitionView, hasLog: boolean): Promise<Partition | undefined> {
    const { logs, configs, brokerId, timers, logger } = this.#options
    const topicPartition = { topic: topic.name, partition: view.index }
    const isInternal = internalTopics.has(topic.name)
    const openLog = async () => {
      const config = logConfigOf(configs.topicConfig(topic.name))
      const opened = await logs.ensureLog(topicPartition, topic.id, config, this.#directoryFor(topicPartition, view))
      // At a start, logs are opened before the metadata tells their configs.
      opened.updateConfig(config)
      this.#tellPlace(topic, view)
      return opened
    }
    try {
      const place = placeReplica(view, {
        brokerId,
        directories: logs.directories,
        hasLog,
        isKnown: this.#phase !== 'settled',
      })
      if (place.kind === 'offline') {
        logger.error('A partition is offline', { ...topicPartition, reason: place.reason })
        return undefined
      }
      // Coordinators' partitions are many and mostly empty: theirs are made when something is written. With several directories the
      // cluster has to know at once where they are: while one does not work, nobody else knows that nothing is in it.
      const isLazy = isInternal && logs.directories.length === 1 && logs.get(topicPartition) === undefined
      const isDamaged = logs.failedLogs.some((failed) => failed.topic === topic.name && failed.partition === view.index)
      const log = isLazy && !isDamaged ? undefined : await openLog()
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

  /** Where a new log of the partition goes: as asked, or as the metadata says. */
  #directoryFor(topicPartition: TopicPartition, view: PartitionView): string | undefined {
    const { logs, brokerId } = this.#options
    const key = `${topicPartition.topic}-${topicPartition.partition}`
    const preferred = this.#preferred.get(key)
    this.#preferred.delete(key)
    const id = directoryOf(view, brokerId)
    return preferred ?? logs.directories.find(({ directoryId }) => directoryId === id)?.path
  }

  /** Says where the replica is, if the metadata says something else. */
  #tellPlace(topic: TopicView, view: PartitionView): void {
    const { logs, brokerId, onPlaced } = this.#options
    const path = logs.directoryOf({ topic: topic.name, partition: view.index })
    const id = logs.directories.find((directory) => directory.path === path)?.directoryId
    if (id !== undefined && id !== directoryOf(view, brokerId)) onPlaced(topic.id, view.index, id)
  }

  #moved({ topic, partition }: TopicPartition, log: Log): void {
    const { logs, configs, onPlaced } = this.#options
    log.updateConfig(logConfigOf(configs.topicConfig(topic)))
    const path = logs.directoryOf(log)
    const id = logs.directories.find((directory) => directory.path === path)?.directoryId
    const topicId = this.#topics.get(topic)?.id
    if (id !== undefined && topicId !== undefined) onPlaced(topicId, partition, id)
  }

  #lost(topic: string, index: number, error: unknown): void {
    const hosted = this.#topics.get(topic)
    const partition = hosted?.partitions.get(index)
    hosted?.partitions.delete(index)
    hosted?.offline.add(index)
    partition?.close(ErrorCode.KAFKA_STORAGE_ERROR)
    this.#options.logger.error('A partition is offline: its log could not be moved. Restart the broker', {
      topic,
      partition: index,
      error,
    })
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
    const isOffline = view.leader === replicas.brokerId || replicas.isOffline(topic, index)
    return { errorCode: isOffline ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NOT_LEADER_OR_FOLLOWER, currentLeader }
  }
  return partition.isLeader ? { partition } : { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, currentLeader }
}
