/** Brokers come, stay and go: registration, heartbeats, expiry, and what that does to the partitions they have. Reference 4.2, 4.4. */

import type { BrokerHeartbeatRequest, BrokerRegistrationRequest } from '@millrace/protocol'
import { ErrorCode, type MetadataRecord } from '@millrace/protocol'
import { elect } from '../election.ts'
import { type BrokerRegistration, isActive, isUnfenced } from '../image.ts'
import { partitionChangeRecord } from '../partition-change.ts'
import { type ControllerContext, type Decision, electionRules } from './decision.ts'
import { takeDirectoriesOffline } from './directories.ts'

export interface RegistrationReply {
  readonly errorCode: number
  readonly brokerEpoch: number
}

export interface HeartbeatReply {
  readonly errorCode: number
  readonly isCaughtUp: boolean
  readonly isFenced: boolean
  readonly shouldShutDown: boolean
}

/** A directory id that means something else to Kafka: unassigned, lost, migrating, and others up to 99. */
const reservedDirectory = /^AAAAAAAAAAAAAAAAAAAAA?/

export function registerBroker(
  context: ControllerContext,
  request: BrokerRegistrationRequest,
): Decision<RegistrationReply> {
  const { image, sessions, settings, nowMs, nextOffset } = context
  const refuse = (errorCode: number) => ({ records: [], reply: { errorCode, brokerEpoch: -1 } })
  if (request.clusterId !== settings.clusterId) return refuse(ErrorCode.INCONSISTENT_CLUSTER_ID)
  if (request.isMigratingZkBroker) return refuse(ErrorCode.BROKER_ID_NOT_REGISTERED)
  const known = image.brokers.get(request.brokerId)
  if (known !== undefined && known.incarnationId === request.incarnationId) {
    sessions.start(request.brokerId, nowMs)
    return { records: [], reply: { errorCode: ErrorCode.NONE, brokerEpoch: known.epoch } }
  }
  if (sessions.isHeld(request.brokerId, nowMs)) return refuse(ErrorCode.DUPLICATE_BROKER_REGISTRATION)
  if (request.logDirs.length === 0 || new Set(request.logDirs).size < request.logDirs.length) {
    return refuse(ErrorCode.INVALID_REGISTRATION)
  }
  if (request.logDirs.some((id) => reservedDirectory.test(id))) return refuse(ErrorCode.INVALID_REGISTRATION)
  if (!supportsFinalized(image.features, request)) return refuse(ErrorCode.UNSUPPORTED_VERSION)
  // Not the epoch it had when it stopped cleanly: what it acknowledged last may be lost.
  const isUnclean = known !== undefined && request.previousBrokerEpoch !== known.epoch
  const cleanUp = isUnclean ? leaveUncleanly(context, known) : []
  const brokerEpoch = nextOffset
  sessions.start(request.brokerId, nowMs)
  const registration: MetadataRecord = {
    type: 'RegisterBrokerRecord',
    version: 4,
    data: {
      brokerId: request.brokerId,
      isMigratingZkBroker: false,
      incarnationId: request.incarnationId,
      brokerEpoch,
      endPoints: request.listeners,
      features: request.features,
      rack: request.rack,
      fenced: true,
      inControlledShutdown: false,
      logDirs: [...request.logDirs].sort(),
      cordonedLogDirs: null,
    },
  }
  return { records: [...cleanUp, registration], reply: { errorCode: ErrorCode.NONE, brokerEpoch } }
}

function supportsFinalized(finalized: ReadonlyMap<string, number>, request: BrokerRegistrationRequest): boolean {
  for (const [name, level] of finalized) {
    const range = request.features.find((feature) => feature.name === name)
    if (range === undefined || level < range.minSupportedVersion || level > range.maxSupportedVersion) return false
  }
  return true
}

export function heartbeat(context: ControllerContext, request: BrokerHeartbeatRequest): Decision<HeartbeatReply> {
  const { image, sessions, nowMs } = context
  const broker = image.brokers.get(request.brokerId)
  if (broker === undefined || broker.epoch !== request.brokerEpoch) {
    const reply = { errorCode: ErrorCode.STALE_BROKER_EPOCH, isCaughtUp: false, isFenced: true, shouldShutDown: false }
    return { records: [], reply }
  }
  sessions.beat(broker.id, request.currentMetadataOffset, nowMs)
  const isCaughtUp = request.currentMetadataOffset >= broker.epoch
  const answer = (records: readonly MetadataRecord[], isFenced: boolean, shouldShutDown = false) => {
    return { records, reply: { errorCode: ErrorCode.NONE, isCaughtUp, isFenced, shouldShutDown } }
  }
  if (request.wantShutDown) return shutDown(context, broker, answer)
  // Before anything else: a broker that comes back must not be elected for what is in a directory that failed.
  const offline = takeDirectoriesOffline(context, broker, request.offlineLogDirs)
  if (offline.length > 0) return answer(offline, broker.isFenced)
  if (broker.isFenced) {
    return request.wantFence || !isCaughtUp ? answer([], true) : answer(unfence(context, broker), false)
  }
  return request.wantFence ? answer(fence(context, broker), true) : answer([], false)
}

type Answer = (
  records: readonly MetadataRecord[],
  isFenced: boolean,
  shouldShutDown?: boolean,
) => Decision<HeartbeatReply>

/** Leaders move first; the broker may go when it leads nothing and nobody can miss the news. */
function shutDown(context: ControllerContext, broker: BrokerRegistration, answer: Answer): Decision<HeartbeatReply> {
  if (broker.isFenced) return answer([], true, true)
  const { image, sessions } = context
  const isLeader = leads(context, broker.id)
  if (!broker.inControlledShutdown && isLeader) {
    const change = registrationChange(broker, 1, { inControlledShutdown: 1 })
    return answer([change, ...leave(context, broker.id)], false)
  }
  const shutdownOffset = sessions.metadataOffset(broker.id)
  const others = [...image.brokers.keys()].filter((id) => id !== broker.id && isActive(image, id))
  const isKnown = others.every((id) => sessions.metadataOffset(id) >= shutdownOffset)
  if (isLeader || !isKnown) return answer([], false)
  return answer(fence(context, broker), true, true)
}

/** Fences brokers that were not heard of for too long, all in one decision. */
export function expireSessions(context: ControllerContext): Decision<readonly number[]> {
  const { image, sessions, nowMs } = context
  for (const broker of image.brokers.values()) {
    if (broker.isFenced || !sessions.isExpired(broker.id, nowMs)) continue
    // One at a time: the next look sees the partitions as this decision leaves them.
    return { records: fence(context, broker), reply: [broker.id] }
  }
  return { records: [], reply: [] }
}

function leads({ image }: ControllerContext, brokerId: number): boolean {
  for (const topic of image.topics.values()) {
    if (topic.partitions.some((partition) => partition.leader === brokerId)) return true
  }
  return false
}

function registrationChange(broker: BrokerRegistration, version: number, change: object): MetadataRecord {
  return {
    type: 'BrokerRegistrationChangeRecord',
    version,
    data: {
      brokerId: broker.id,
      brokerEpoch: broker.epoch,
      fenced: 0,
      inControlledShutdown: 0,
      logDirs: [],
      cordonedLogDirs: null,
      ...change,
    },
  }
}

function fence(context: ControllerContext, broker: BrokerRegistration): MetadataRecord[] {
  context.sessions.end(broker.id)
  return [...leave(context, broker.id), registrationChange(broker, 0, { fenced: 1 })]
}

/** The broker is ready: partitions without a leader may elect it. */
function unfence(context: ControllerContext, broker: BrokerRegistration): MetadataRecord[] {
  const isActiveAfter = (id: number) => id === broker.id || isActive(context.image, id)
  const elections: MetadataRecord[] = []
  for (const topic of context.image.topics.values()) {
    for (const partition of topic.partitions) {
      if (partition.leader !== -1 || !partition.replicas.includes(broker.id)) continue
      const rules = electionRules(context, topic.name, partition, isActiveAfter)
      const record = partitionChangeRecord(topic.id, partition, elect(partition, { isr: partition.isr }, rules))
      if (record !== undefined) elections.push(record)
    }
  }
  return [registrationChange(broker, 0, { fenced: -1 }), ...elections]
}

/** The broker leaves every ISR, and what it leads elects another if it can. */
function leave(context: ControllerContext, brokerId: number, unclean?: ReadonlySet<number>): MetadataRecord[] {
  const isActiveAfter = (id: number) => id !== brokerId && isActive(context.image, id)
  const records: MetadataRecord[] = []
  for (const topic of context.image.topics.values()) {
    for (const partition of topic.partitions) {
      const isMember = partition.isr.includes(brokerId) || partition.leader === brokerId
      if (!isMember && !(unclean !== undefined && partition.elr.includes(brokerId))) continue
      const change = {
        isr: partition.isr.filter((id) => id !== brokerId),
        ...(unclean === undefined ? {} : { unclean }),
      }
      const rules = electionRules(context, topic.name, partition, isActiveAfter)
      const record = partitionChangeRecord(topic.id, partition, elect(partition, change, rules))
      if (record !== undefined) records.push(record)
    }
  }
  return records
}

function leaveUncleanly(context: ControllerContext, broker: BrokerRegistration): MetadataRecord[] {
  return leave(context, broker.id, new Set([broker.id]))
}

/** Whether a replica may be in an ISR as this incarnation: unfenced, not leaving, of the epoch it says. */
export function isEligibleReplica({ image }: ControllerContext, brokerId: number, brokerEpoch: number): boolean {
  const broker = image.brokers.get(brokerId)
  return (
    broker !== undefined &&
    isUnfenced(image, brokerId) &&
    !broker.inControlledShutdown &&
    (brokerEpoch === -1 || broker.epoch === brokerEpoch)
  )
}
