/** This node's part in the metadata quorum: finds log, snapshots and vote on disk, and runs the raft machine over them. */
import { assert, type Clock, type Logger, oneUuid, type Random, randomUuid } from '@millrace/base'
import { type MetadataLoader, snapshotRecords } from '@millrace/metadata'
import type { MetadataRecord } from '@millrace/protocol'
import {
  type DescribeQuorumReply,
  decodeQuorumState,
  defaultRaftConfig,
  type FoundSnapshots,
  type LogContents,
  LogScan,
  Raft,
  type RaftConfig,
  readBatches,
  readSnapshotControl,
  type SnapshotInfo,
} from '@millrace/raft'
import {
  defaultLogConfig,
  type FileSystem,
  joinPath,
  type Log,
  type LogManager,
  readFileIfAny,
  replaceFile,
} from '@millrace/storage'
import type { BrokerConfig } from '../config/broker-config.ts'
import { supportedFeatures } from '../features.ts'
import { kraftVersionRange } from '../format.ts'
import type { MetadataPublisher } from '../metadata-publisher.ts'
import type { Controller } from './controller.ts'
import { decodeSnapshot, encodeSnapshot, parseSnapshotFileName, snapshotFileName } from './metadata-snapshot.ts'
import { type MetadataProposal, RaftDriver } from './raft-driver.ts'

export interface QuorumOptions {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly logs: LogManager
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly loader: MetadataLoader
  readonly publisher: MetadataPublisher
  readonly controller: Controller
  readonly onFatal: (error: unknown) => void
}

const quorumStateFileName = 'quorum-state'
const quorumStateSizeMax = 65_536
const snapshotSizeMax = 1024 * 1024 * 1024
const scanSizeMax = 1024 * 1024

interface ReadSnapshots extends FoundSnapshots {
  /** Of the newest one. */
  readonly records: readonly MetadataRecord[] | undefined
}

export class Quorum {
  readonly #options: QuorumOptions
  #log: Log | undefined
  #raft: Raft<MetadataProposal> | undefined
  #driver: RaftDriver | undefined
  #snapshotSize = 0
  #snapshotMs = 0
  #isSnapshotting = false

  constructor(options: QuorumOptions) {
    this.#options = options
  }

  /** The listener of the controller, as voters and registrations name it. */
  get controllerEndpoint(): { readonly name: string; readonly host: string; readonly port: number } {
    return controllerEndpointOf(this.#options.config)
  }

  /** Reads what is on disk; changes nothing. Rejects when the vote or a snapshot cannot be read: guessing would be worse. */
  async open(): Promise<void> {
    const { logs, config, clusterId, random, fileSystem, loader, clock } = this.#options
    const log = await logs.openMetadataLog(oneUuid, {
      ...defaultLogConfig,
      segmentBytes: config.metadataLogSegmentBytes,
      segmentMs: config.metadataLogSegmentMs,
    })
    this.#log = log
    const found = await this.#readSnapshots(log)
    const newestId = found.snapshots.at(-1)?.id
    if (found.records !== undefined && newestId !== undefined) {
      const loaded = loader.loadSnapshot(found.records, newestId.offset)
      await this.#options.publisher.publish(loaded)
    }
    const appliedOffset = newestId?.offset ?? 0
    const contents = await scanLog(log, found)
    const directory = logs.metadataDirectory
    assert(directory.directoryId !== undefined, 'a formatted directory has an id')
    const statePath = joinPath(log.directory, quorumStateFileName)
    const stateBytes = await readFileIfAny(fileSystem, statePath, quorumStateSizeMax)
    this.#raft = new Raft<MetadataProposal>({
      identity: {
        id: config.nodeId,
        directoryId: directory.directoryId,
        endpoints: [this.controllerEndpoint],
        kraftVersionMin: kraftVersionRange.min,
        kraftVersionMax: kraftVersionRange.max,
        clusterId,
        listenerName: this.controllerEndpoint.name,
        bootstrap: [],
      },
      config: raftConfigOf(config),
      random,
      log: contents,
      ...(stateBytes === undefined ? {} : { quorumState: decodeQuorumState(stateBytes.toString()) }),
    })
    this.#snapshotSize = log.sizeInBytes
    this.#snapshotMs = clock.monotonic()
    this.#driver = this.#createDriver(log, this.#raft, appliedOffset, statePath)
  }

  start(): void {
    this.#driver?.start()
  }

  async stop(timeoutMs: number): Promise<void> {
    await this.#driver?.shutdown(timeoutMs)
    this.#options.controller.resign()
  }

  async describe(): Promise<DescribeQuorumReply> {
    assert(this.#driver !== undefined, 'the quorum is open')
    const reply = await this.#driver.request({ kind: 'DescribeQuorum' })
    assert(reply.kind === 'DescribeQuorum', `DescribeQuorum is answered by ${reply.kind}`)
    return reply
  }

  #createDriver(log: Log, raft: Raft<MetadataProposal>, appliedOffset: number, statePath: string): RaftDriver {
    const { loader, clock, logger, publisher, controller, fileSystem, onFatal } = this.#options
    return new RaftDriver({
      raft,
      log,
      loader,
      appliedOffset,
      clock,
      logger,
      writeQuorumState: (text) => replaceFile(fileSystem, statePath, Buffer.from(text)),
      send: ({ to }) => Promise.reject(new Error(`Node ${to.nodeId} is asked, but this quorum has one voter`)),
      onApplied: async (loaded, endOffset) => {
        await publisher.publish(loaded)
        controller.committed(endOffset)
        this.#maybeSnapshot(endOffset)
      },
      onLeading: (writer, committed) => controller.activate(writer, committed),
      onResigned: () => controller.resign(),
      onFatal,
    })
  }

  async #readSnapshots(log: Log): Promise<ReadSnapshots> {
    const { fileSystem } = this.#options
    const snapshots: SnapshotInfo[] = []
    for (const { name } of await fileSystem.list(log.directory)) {
      const id = parseSnapshotFileName(name)
      if (id === undefined) continue
      const status = await fileSystem.stat(joinPath(log.directory, name))
      snapshots.push({ id, size: status?.size ?? 0 })
    }
    snapshots.sort((a, b) => a.id.offset - b.id.offset)
    const newest = snapshots.at(-1)
    if (newest === undefined) return { snapshots, newestControl: undefined, records: undefined }
    const bytes = await fileSystem.readFile(joinPath(log.directory, snapshotFileName(newest.id)), snapshotSizeMax)
    return { snapshots, newestControl: readSnapshotControl(bytes), records: decodeSnapshot(bytes) }
  }

  /** A snapshot after so many bytes or so much time, so that a start need not read the whole log. */
  #maybeSnapshot(endOffset: number): void {
    const { config, clock, loader, onFatal } = this.#options
    const log = this.#log as Log
    const isDueBySize = log.sizeInBytes - this.#snapshotSize >= config.metadataLogMaxRecordBytesBetweenSnapshots
    const intervalMs = config.metadataLogMaxSnapshotIntervalMs
    const isDueByAge = intervalMs > 0 && clock.monotonic() - this.#snapshotMs >= intervalMs
    if ((!isDueBySize && !isDueByAge) || this.#isSnapshotting || loader.isInTransaction) return
    this.#isSnapshotting = true
    const records = snapshotRecords(loader.image)
    this.#writeSnapshot(records, endOffset).then(() => {
      this.#isSnapshotting = false
      this.#snapshotSize = log.sizeInBytes
      this.#snapshotMs = clock.monotonic()
    }, onFatal)
  }

  async #writeSnapshot(records: readonly MetadataRecord[], endOffset: number): Promise<void> {
    const { fileSystem, clock } = this.#options
    const raft = this.#raft as Raft<MetadataProposal>
    const log = this.#log as Log
    const id = { offset: endOffset, epoch: raft.epochBefore(endOffset) }
    const nowMs = clock.now()
    const place = { epoch: id.epoch, timestamp: nowMs, lastContainedTimestamp: nowMs }
    const bytes = encodeSnapshot(records, raft.snapshotControl(endOffset), place)
    await replaceFile(fileSystem, joinPath(log.directory, snapshotFileName(id)), bytes)
    this.#driver?.snapshotCreated({ id, size: bytes.length })
  }
}

export function controllerEndpointOf(config: BrokerConfig) {
  const listener = config.listeners.find(({ name }) => config.controllerListenerNames.includes(name))
  const host = listener?.host ?? ''
  return { name: listener?.name ?? 'CONTROLLER', host: host === '' ? 'localhost' : host, port: listener?.port ?? 0 }
}

/** What a controller says of itself when it becomes active. */
export function controllerRegistration(config: BrokerConfig, random: Random): MetadataRecord {
  return {
    type: 'RegisterControllerRecord',
    version: 0,
    data: {
      controllerId: config.nodeId,
      incarnationId: randomUuid(random),
      zkMigrationReady: false,
      endPoints: [{ ...controllerEndpointOf(config), securityProtocol: 0 }],
      features: supportedFeatures.map(({ name, min, max }) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
    },
  }
}

/** The settings of the raft machine: `controller.quorum.*`. */
export function raftConfigOf(config: BrokerConfig): RaftConfig {
  return {
    ...defaultRaftConfig,
    electionTimeoutMs: config.controllerQuorumElectionTimeoutMs,
    electionBackoffMaxMs: config.controllerQuorumElectionBackoffMaxMs,
    fetchTimeoutMs: config.controllerQuorumFetchTimeoutMs,
    requestTimeoutMs: config.controllerQuorumRequestTimeoutMs,
    retryBackoffMs: config.controllerQuorumRetryBackoffMs,
  }
}

/** What the machine must know of its log: one pass over all of it. */
async function scanLog(log: Log, found: FoundSnapshots): Promise<LogContents> {
  const scan = new LogScan(log.logStartOffset, found)
  let offset = log.logStartOffset
  while (offset < log.endOffset) {
    const result = await log.read(offset, { sizeMax: scanSizeMax, upperOffset: log.endOffset, minOneBatch: true })
    assert(result.kind === 'slice' && result.slice !== undefined, `the metadata log has no offset ${offset}`)
    const bytes = await result.slice.read()
    result.slice.release()
    for (const batch of readBatches(bytes)) {
      scan.add(batch)
      offset = batch.lastOffset + 1
    }
  }
  return scan.finish()
}
