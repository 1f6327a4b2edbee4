/** A controller without a log: decisions are applied at once. */
import { randomUuid, seededRandom } from '@millrace/base'
import type { BrokerHeartbeatRequest, BrokerRegistrationRequest, MetadataRecord } from '@millrace/protocol'
import {
  BrokerSessions,
  bootstrapRecords,
  type ControllerContext,
  type ControllerSettings,
  type Decision,
  expireSessions,
  firstRecords,
  heartbeat,
  MetadataLoader,
  registerBroker,
} from '../src/index.ts'

export const clusterId = 'Some4ClusterId5Of22abc'

export const settings: ControllerSettings = {
  partitionCountDefault: 1,
  replicationFactorDefault: 1,
  sessionTimeoutMs: 9000,
  clusterId,
  deleteTopicEnable: true,
  configRules: {
    topicProblem: (entries) =>
      entries.has('no.such.config')
        ? { errorCode: 40, message: 'Unknown topic config name: no.such.config' }
        : undefined,
    topicValue: (name, overrides) => overrides.get(name) ?? (name === 'min.insync.replicas' ? '1' : 'false'),
  },
}

export class TestController {
  readonly loader = new MetadataLoader()
  readonly sessions = new BrokerSessions(settings.sessionTimeoutMs)
  readonly random = seededRandom(77)
  readonly log: MetadataRecord[] = []
  readonly #directories = new Map<number, string>()
  settings = settings
  nowMs = 1000

  constructor() {
    this.append(firstRecords(bootstrapRecords(), 1))
  }

  get image() {
    return this.loader.image
  }

  append(records: readonly MetadataRecord[]): void {
    this.loader.load(records, this.log.length)
    this.log.push(...records)
  }

  decide<R>(decision: (context: ControllerContext) => Decision<R>): { reply: R; records: readonly MetadataRecord[] } {
    const { records, reply } = decision({
      image: this.image,
      settings: this.settings,
      sessions: this.sessions,
      random: this.random,
      nowMs: this.nowMs,
      nextOffset: this.log.length,
    })
    this.append(records)
    return { reply, records }
  }

  /** A broker starts anew with the directory it had. */
  #directoryOf(brokerId: number): string {
    const known = this.#directories.get(brokerId) ?? randomUuid(this.random)
    this.#directories.set(brokerId, known)
    return known
  }

  register(brokerId: number, overrides: Partial<BrokerRegistrationRequest> = {}) {
    const request: BrokerRegistrationRequest = {
      brokerId,
      clusterId,
      incarnationId: randomUuid(this.random),
      listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9090 + brokerId, securityProtocol: 0 }],
      features: [
        { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 },
        ...['eligible.leader.replicas.version', 'group.version', 'share.version', 'streams.version'].map((name) => {
          return { name, minSupportedVersion: 0, maxSupportedVersion: 1 }
        }),
        { name: 'transaction.version', minSupportedVersion: 0, maxSupportedVersion: 2 },
      ],
      rack: null,
      isMigratingZkBroker: false,
      logDirs: [this.#directoryOf(brokerId)],
      previousBrokerEpoch: -1,
      ...overrides,
    }
    return this.decide((context) => registerBroker(context, request))
  }

  beat(brokerId: number, overrides: Partial<BrokerHeartbeatRequest> = {}) {
    const request: BrokerHeartbeatRequest = {
      brokerId,
      brokerEpoch: this.image.brokers.get(brokerId)?.epoch ?? -1,
      currentMetadataOffset: this.image.offset,
      wantFence: false,
      wantShutDown: false,
      offlineLogDirs: [],
      cordonedLogDirs: null,
      ...overrides,
    }
    return this.decide((context) => heartbeat(context, request))
  }

  /** Registers and unfences brokers 1 to `count`. */
  startBrokers(count: number): void {
    for (let id = 1; id <= count; id++) {
      this.register(id)
      this.beat(id)
    }
  }

  expire() {
    return this.decide(expireSessions)
  }

  partition(topic: string, index = 0) {
    const id = this.image.topicIds.get(topic)
    const partition = id === undefined ? undefined : this.image.topics.get(id)?.partitions[index]
    if (partition === undefined) throw new Error(`no ${topic}-${index}`)
    return partition
  }
}
