/** Where replicas are: a broker says which of its log directories holds what (AssignReplicasToDirs), and which ones failed. KIP-858. */
import type { Uuid } from '@millrace/base'
import { type AssignReplicasToDirsRequest, ErrorCode, type MetadataRecord } from '@millrace/protocol'
import { directoryOf, hasReplicaOnline, isOnlineDirectory } from '../directory-id.ts'
import { elect, type IsrChange } from '../election.ts'
import { type BrokerRegistration, isActive, type PartitionImage, type TopicImage } from '../image.ts'
import { partitionChangeRecord } from '../partition-change.ts'
import { type ControllerContext, type Decision, electionRules } from './decision.ts'

export interface AssignReplicasReply {
  readonly errorCode: number
  readonly directories: readonly {
    readonly id: Uuid
    readonly topics: readonly {
      readonly topicId: Uuid
      readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
    }[]
  }[]
}

/**
 * Writes down where a broker keeps its replicas. A directory that the broker does not have online is taken too: the replica then
 * leaves the ISR, and a leader its office.
 */
export function assignReplicasToDirs(
  context: ControllerContext,
  request: AssignReplicasToDirsRequest,
): Decision<AssignReplicasReply> {
  const broker = context.image.brokers.get(request.brokerId)
  if (broker === undefined || broker.epoch !== request.brokerEpoch) {
    return { records: [], reply: { errorCode: ErrorCode.STALE_BROKER_EPOCH, directories: [] } }
  }
  const records: MetadataRecord[] = []
  // As Kafka writes them: first where replicas are, then what follows from that.
  const consequences: MetadataRecord[] = []
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => {
        const assigned = assign(context, broker, topicId, partitionIndex, id)
        if (typeof assigned === 'number') return { partitionIndex, errorCode: assigned }
        records.push(...assigned.changes)
        consequences.push(...assigned.consequences)
        return { partitionIndex, errorCode: ErrorCode.NONE }
      }),
    })),
  }))
  return { records: [...records, ...consequences], reply: { errorCode: ErrorCode.NONE, directories } }
}

interface Assigned {
  readonly changes: readonly MetadataRecord[]
  readonly consequences: readonly MetadataRecord[]
}

/** The records, or why there are none. */
function assign(
  context: ControllerContext,
  broker: BrokerRegistration,
  topicId: Uuid,
  partitionIndex: number,
  directory: Uuid,
): Assigned | number {
  const topic = context.image.topics.get(topicId)
  if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID
  const partition = topic.partitions[partitionIndex]
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const place = partition.replicas.indexOf(broker.id)
  if (place < 0) return ErrorCode.NOT_LEADER_OR_FOLLOWER
  const directories = partition.replicas.map((id, at) => (at === place ? directory : directoryOf(partition, id)))
  const moved = { ...partition, directories }
  const rules = electionRules(context, topic.name, moved)
  if (isOnlineDirectory(directory, broker.logDirs)) {
    // What had no leader because of its old place may have one now.
    const target = partition.leader === -1 ? elect(moved, { isr: partition.isr }, rules) : moved
    return { changes: present(partitionChangeRecord(topicId, partition, target)), consequences: [] }
  }
  const target = elect(moved, { isr: partition.isr.filter((id) => id !== broker.id) }, rules)
  return {
    changes: present(partitionChangeRecord(topicId, partition, moved)),
    consequences: present(partitionChangeRecord(topicId, moved, target)),
  }
}

const present = (record: MetadataRecord | undefined): readonly MetadataRecord[] =>
  record === undefined ? [] : [record]

/**
 * What a broker's heartbeat says of its directories: those that newly failed take their replicas out of the ISR, and leaders there
 * are replaced where another can lead. Nothing when it is known already.
 */
export function takeDirectoriesOffline(
  context: ControllerContext,
  broker: BrokerRegistration,
  offline: readonly Uuid[],
): MetadataRecord[] {
  const failed = broker.logDirs.filter((id) => offline.includes(id))
  if (failed.length === 0) return []
  const remaining = broker.logDirs.filter((id) => !offline.includes(id))
  const records: MetadataRecord[] = []
  for (const topic of context.image.topics.values()) {
    for (const partition of topic.partitions) {
      if (!partition.replicas.includes(broker.id) || !failed.includes(directoryOf(partition, broker.id))) continue
      const record = leaveDirectory(context, broker.id, topic, partition)
      if (record !== undefined) records.push(record)
    }
  }
  return [...records, logDirsChange(broker, remaining)]
}

function leaveDirectory(
  context: ControllerContext,
  brokerId: number,
  topic: TopicImage,
  partition: PartitionImage,
): MetadataRecord | undefined {
  const { image } = context
  const mayLead = (id: number) => id !== brokerId && isActive(image, id) && hasReplicaOnline(image, partition, id)
  const rules = electionRules(context, topic.name, partition, mayLead)
  const change: IsrChange = { isr: partition.isr.filter((id) => id !== brokerId) }
  return partitionChangeRecord(topic.id, partition, elect(partition, change, rules))
}

function logDirsChange(broker: BrokerRegistration, logDirs: readonly Uuid[]): MetadataRecord {
  return {
    type: 'BrokerRegistrationChangeRecord',
    version: 2,
    data: {
      brokerId: broker.id,
      brokerEpoch: broker.epoch,
      fenced: 0,
      inControlledShutdown: 0,
      logDirs,
      cordonedLogDirs: null,
    },
  }
}
