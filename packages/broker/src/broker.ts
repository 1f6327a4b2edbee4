/** A broker: the composition root. Builds everything from a configuration and ports, starts it in order, stops it in order. */
import {
  type Clock,
  type Logger,
  type Random,
  randomBelow,
  randomUuid,
  TimerWheel,
  type Uuid,
  type Workers,
} from '@millrace/base'
import { GroupCoordinator } from '@millrace/coordinator'
import { MetadataLoader } from '@millrace/metadata'
import type { Address, Transport } from '@millrace/network'
import { type FileSystem, LogManager } from '@millrace/storage'
import type { BrokerConfig } from './config/broker-config.ts'
import { ConfigRepository } from './config/dynamic.ts'
import { LocalControllerChannel } from './controller/channel.ts'
import { Controller } from './controller/controller.ts'
import { controllerEndpointOf, controllerRegistration, Quorum } from './controller/quorum.ts'
import { controllerRequests } from './controller/requests.ts'
import { formatDirectories } from './format.ts'
import { groupConfigOf } from './group-config.ts'
import { brokerHandlers } from './handlers/index.ts'
import { BrokerLifecycle } from './lifecycle.ts'
import { MetadataPublisher } from './metadata-publisher.ts'
import { ProducerIdBlocks } from './producer-ids.ts'
import { cleanerSettingsOf } from './replica/cleaner-settings.ts'
import { DirectoryAssignments } from './replica/directory-assignments.ts'
import { FetchSessionCache } from './replica/fetch-session.ts'
import { logConfigOf } from './replica/log-config.ts'
import { ReplicaManager } from './replica/replica-manager.ts'
import { Router } from './router.ts'
import { serverLimits } from './server/limits.ts'
import { Server } from './server/server.ts'
import type { Services } from './services.ts'
import { AutomaticTopicCreation } from './topic-creation.ts'

/** Everything outside of the broker that it uses. */
export interface BrokerPorts {
  readonly fileSystem: FileSystem
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  /** For what takes too long for the event loop: compression, compaction. In place by default. */
  readonly workers?: Workers
  /** Awaited before logs are checked that a crash left: the time to load a faster checksum, which an orderly start does without. */
  readonly beforeRecovery?: () => Promise<unknown>
}

export interface BrokerOptions {
  readonly config: BrokerConfig
  readonly ports: BrokerPorts
  readonly logger: Logger
  /** The broker cannot go on: a bug, or the disk of its metadata failed. It has stopped serving; only the application ends the process. */
  readonly onFatal: (error: unknown) => void
}

/** How long a stop waits for answers under way, and for the controller to let the broker go. */
const stopTimeoutMs = 10_000

export class Broker {
  readonly clusterId: Uuid
  readonly nodeId: number
  /** Where clients connect: each listener of the broker, by name. */
  readonly listeners: ReadonlyMap<string, Address>
  readonly #parts: BrokerParts
  #stopping: Promise<void> | undefined

  private constructor(parts: BrokerParts) {
    this.#parts = parts
    this.clusterId = parts.clusterId
    this.nodeId = parts.config.nodeId
    this.listeners = parts.listeners
  }

  get clientAddresses(): readonly Address[] {
    return [...this.listeners.values()]
  }

  /**
   * Starts; resolves when clients are served. A directory that is empty is formatted. Rejects with ConfigError, TransportError,
   * FileSystemError or StorageError, and leaves nothing running.
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const parts = await BrokerParts.build(options)
    try {
      await parts.start()
      return new Broker(parts)
    } catch (error) {
      await parts.abandon()
      throw error
    }
  }

  /** Leaves the cluster, answers what is under way, and closes everything so that the next start need not check it. */
  stop(): Promise<void> {
    this.#stopping ??= this.#parts.stop()
    return this.#stopping
  }
}

/** The parts of one broker and the order in which they begin and end. */
class BrokerParts {
  readonly config: BrokerConfig
  readonly clusterId: Uuid
  readonly listeners = new Map<string, Address>()
  readonly #ports: BrokerPorts
  readonly #logger: Logger
  readonly #logs: LogManager
  readonly #timers: TimerWheel
  readonly #replicas: ReplicaManager
  readonly #groups: GroupCoordinator
  readonly #publisher: MetadataPublisher
  readonly #controller: Controller
  readonly #channel: LocalControllerChannel
  readonly #assignments: DirectoryAssignments
  readonly #quorum: Quorum
  readonly #server: Server
  readonly #reportFatal: (error: unknown) => void
  #lifecycle: BrokerLifecycle | undefined
  /** Of this life; undefined before it begins. */
  #incarnationId: Uuid | undefined
  #hasFailed = false

  static async build(options: BrokerOptions): Promise<BrokerParts> {
    const { config, ports, logger } = options
    const { fileSystem, clock, random, workers, beforeRecovery } = ports
    const controllerEndpoint = controllerEndpointOf(config)
    const { clusterId, formatted, unusable } = await formatDirectories({
      fileSystem,
      directories: config.logDirs,
      metadataDirectory: config.metadataLogDir,
      nodeId: config.nodeId,
      controllerEndpoint,
      clock,
      random,
    })
    for (const directory of formatted) logger.info('Formatted a new data directory', { directory })
    for (const notice of config.notices) logger.warn(notice)
    let onDirectoryFailure: (directory: string, error: Error) => void = () => {}
    let isElrEnabled = () => true
    const configs = new ConfigRepository(config, { isElrEnabled: () => isElrEnabled() })
    const logs = await LogManager.open({
      fileSystem,
      directories: config.logDirs,
      metadataDirectory: config.metadataLogDir,
      unusable,
      clusterId,
      nodeId: config.nodeId,
      clock,
      random,
      logger,
      ...(workers === undefined ? {} : { workers }),
      ...(beforeRecovery === undefined ? {} : { beforeRecovery }),
      durability: config.durability,
      // The metadata is not read yet, so any topic may be a compacted one.
      configFor: (topic) => ({ ...logConfigOf(configs.topicConfig(topic)), cleanupPolicy: ['compact'] }),
      onDirectoryFailure: (directory, error) => onDirectoryFailure(directory, error),
      recoveryPointCheckpointMs: config.logFlushOffsetCheckpointIntervalMs,
      cleanerSettings: () => cleanerSettingsOf(configs.broker),
      retentionCheckMs: config.logRetentionCheckIntervalMs,
      initialTaskDelayMs: config.logInitialTaskDelayMs,
      highWatermarkCheckpointMs: config.replicaHighWatermarkCheckpointIntervalMs,
      get producerExpirationMs() {
        return configs.broker.producerIdExpirationMs
      },
      producerExpirationCheckMs: config.producerIdExpirationCheckIntervalMs,
    })
    try {
      const parts = new BrokerParts(options, configs, logs, clusterId)
      onDirectoryFailure = (directory, error) => parts.#directoryFailed(directory, error)
      parts.#requireDirectory()
      isElrEnabled = () => (parts.#publisher.image.features.get('eligible.leader.replicas.version') ?? 0) > 0
      await parts.#quorum.open()
      return parts
    } catch (error) {
      await logs.close({ clean: false, brokerEpoch: -1 })
      throw error
    }
  }

  private constructor(options: BrokerOptions, configs: ConfigRepository, logs: LogManager, clusterId: Uuid) {
    const { config, ports, logger } = options
    const { clock, random, transport } = ports
    this.config = config
    this.#ports = ports
    this.#logger = logger
    this.#logs = logs
    this.#reportFatal = options.onFatal
    this.#timers = new TimerWheel(clock)
    this.clusterId = clusterId
    this.#replicas = new ReplicaManager({
      brokerId: config.nodeId,
      logs,
      configs,
      timers: this.#timers,
      clock,
      logger,
      onPlaced: (topicId, partition, directoryId) => this.#assignments.assign({ topicId, partition, directoryId }),
    })
    const cluster = () => this.#publisher.view
    this.#groups = new GroupCoordinator({
      config: groupConfigOf(config),
      metadata: {
        topicIdByName: (name) => cluster().topic(name)?.id,
        topicNameById: (id) => cluster().topicById(id)?.name,
        partitionCount: (name) => cluster().topic(name)?.partitions.length,
      },
      clock,
      random,
      logger,
    })
    const { nodeId: brokerId } = config
    this.#publisher = new MetadataPublisher({
      brokerId,
      clusterId,
      configs,
      replicas: this.#replicas,
      groups: this.#groups,
      logger,
      isRegistered: ({ brokers }) =>
        this.#incarnationId !== undefined && brokers.get(brokerId)?.incarnationId === this.#incarnationId,
    })
    this.#controller = new Controller({
      settings: {
        partitionCountDefault: config.numPartitions,
        replicationFactorDefault: config.defaultReplicationFactor,
        sessionTimeoutMs: config.brokerSessionTimeoutMs,
        clusterId,
        deleteTopicEnable: config.deleteTopicEnable,
        configRules: {
          topicProblem: (entries) => {
            const decision = configs.validateTopicConfigs(entries)
            if ('errorCode' in decision) return decision
            for (const notice of decision.notices) logger.warn(notice)
            return undefined
          },
          topicValue: (name, overrides) => configs.topicValue(name, overrides),
        },
      },
      clock,
      random,
      logger,
      minInsyncReplicas: config.minInsyncReplicas,
      registration: () => controllerRegistration(config, random),
    })
    this.#quorum = new Quorum({
      config,
      clusterId,
      logs,
      fileSystem: ports.fileSystem,
      clock,
      random,
      logger,
      loader: new MetadataLoader(),
      publisher: this.#publisher,
      controller: this.#controller,
      onFatal: (error) => this.#fatal(error),
    })
    const requests = controllerRequests({
      validateConfigs: (type, name, current, changes) => {
        const decision = configs.validateAlter(type, name, changes, current)
        if ('errorCode' in decision) return decision
        for (const notice of decision.notices) logger.warn(notice, { resource: name })
        return { result: decision.configs }
      },
      describeTopicConfigs: (overrides) => configs.describeTopicConfigs(overrides),
      describeQuorum: async () => {
        return { reply: await this.#quorum.describe(), wallClockOffsetMs: clock.now() - clock.monotonic() }
      },
    })
    this.#channel = new LocalControllerChannel(this.#controller, requests, clock, config.requestTimeoutMs)
    this.#assignments = new DirectoryAssignments({
      brokerId,
      brokerEpoch: () => this.#lifecycle?.epoch ?? -1,
      channel: this.#channel,
      clock,
      logger,
    })
    const services: Services = {
      brokerId,
      config,
      configs,
      replicas: this.#replicas,
      groups: this.#groups,
      controller: this.#channel,
      producerIds: new ProducerIdBlocks(this.#channel, () => ({ id: brokerId, epoch: this.#lifecycle?.epoch ?? -1 })),
      topicCreation: new AutomaticTopicCreation(this.#channel, config, logger),
      fetchSessions: new FetchSessionCache(config.maxIncrementalFetchSessionCacheSlots, () =>
        randomBelow(random, 0x7fffffff),
      ),
      clock,
      random,
      logger,
      cluster,
      servedApis: () => brokerHandlers.map(({ api }) => api),
    }
    const router = new Router(brokerHandlers, services, logger)
    this.#server = new Server({
      transport,
      clock,
      logger,
      limits: serverLimits(() => configs.broker),
      accept: (frame, context) => router.accept(frame, context),
      onFatal: (error) => this.#fatal(error),
    })
  }

  /** Ports first: a port in use is found before anything is registered. Clients connect at once and are served when all is ready. */
  async start(): Promise<void> {
    const { config } = this
    for (const { name, host, port } of config.listeners) {
      if (config.controllerListenerNames.includes(name)) continue
      this.listeners.set(name, await this.#server.listen(name, { host: host === '' ? '0.0.0.0' : host, port }))
    }
    this.#incarnationId = randomUuid(this.#ports.random)
    this.#quorum.start()
    this.#lifecycle = new BrokerLifecycle({
      brokerId: config.nodeId,
      clusterId: this.clusterId,
      incarnationId: this.#incarnationId,
      directoryIds: this.#logs.directories.flatMap(({ directoryId, isOnline }) => (isOnline && directoryId) || []),
      rack: config.brokerRack,
      endpoints: this.#advertisedEndpoints(),
      previousBrokerEpoch: this.#logs.previousBrokerEpoch ?? -1,
      heartbeatIntervalMs: config.brokerHeartbeatIntervalMs,
      channel: this.#channel,
      clock: this.#ports.clock,
      logger: this.#logger,
      appliedOffset: () => this.#publisher.view.lastOffset,
      directoryFailureTimeoutMs: config.logDirFailureTimeoutMs,
      onFailureUnknown: (error) => this.#fatal(error),
    })
    await this.#lifecycle.start()
    this.#assignments.start()
    this.#server.serve()
  }

  async stop(): Promise<void> {
    // Nobody answers a broker that has failed: its controller is in it.
    const hasLeft = this.#hasFailed ? false : ((await this.#lifecycle?.leave(stopTimeoutMs)) ?? false)
    await this.#server.close(stopTimeoutMs)
    this.#assignments.close()
    await this.#replicas.moves.close()
    this.#groups.close()
    await this.#quorum.stop(stopTimeoutMs)
    this.#replicas.close()
    this.#timers.close()
    await this.#logs.close({ clean: hasLeft && !this.#hasFailed, brokerEpoch: this.#lifecycle?.epoch ?? -1 })
  }

  /** A start that failed: nothing was promised to anybody. */
  async abandon(): Promise<void> {
    this.#lifecycle?.stop()
    await this.#server.close(0)
    this.#assignments.close()
    await this.#replicas.moves.close()
    this.#groups.close()
    await this.#quorum.stop(0)
    this.#replicas.close()
    this.#timers.close()
    await this.#logs.close({ clean: false, brokerEpoch: -1 })
  }

  /** Says which directories do not work; without any there is nothing to serve. */
  #requireDirectory(): void {
    for (const { path, isOnline, error } of this.#logs.directories) {
      if (isOnline) continue
      const message = 'A log directory cannot be used; its partitions are offline. Repair the disk and restart'
      this.#logger.error(message, { directory: path, error })
    }
    if (this.#logs.directories.some(({ isOnline }) => isOnline)) return
    throw this.#logs.directories[0]?.error ?? new Error('no log directory can be used')
  }

  /** One directory goes offline alone, unless the metadata is in it or it was the last. */
  #directoryFailed(directory: string, error: Error): void {
    if (this.#hasFailed) return
    const { directories } = this.#logs
    if (directory === this.config.metadataLogDir || directories.every(({ isOnline }) => !isOnline)) {
      this.#fatal(error)
      return
    }
    const partitionCount = this.#replicas.directoryFailed(directory)
    const message =
      'A log directory failed; its partitions are offline, the others are served. Repair the disk and restart'
    this.#logger.error(message, { directory, partitionCount, error })
    this.#publisher.directoryFailed()
    const id = directories.find(({ path }) => path === directory)?.directoryId
    if (id !== undefined) this.#lifecycle?.directoryFailed(id)
  }

  #fatal(error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#logger.error('The broker cannot go on', { error })
    this.#lifecycle?.stop()
    void this.#server.close(0)
    this.#reportFatal(error)
  }

  /** What clients and other brokers are told: the advertised listeners, with the port that was really taken for port 0. */
  #advertisedEndpoints() {
    return this.config.advertisedListeners
      .filter(({ name }) => this.listeners.has(name))
      .map(({ name, host, port, securityProtocol }) => ({
        name,
        host,
        port: port === 0 ? (this.listeners.get(name)?.port ?? 0) : port,
        securityProtocol,
      }))
  }
}
