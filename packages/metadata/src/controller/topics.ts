/** Topics are created, grown and deleted. Codes and texts as Apache Kafka's controller gives them: reference section 2.16. */
import { randomUuid, type Uuid, zeroUuid } from '@millrace/base'
import {
  type CreatePartitionsRequest,
  type CreateTopicsRequest,
  ErrorCode,
  type MetadataRecord,
} from '@millrace/protocol'
import { reservedDirectoryId } from '../directory-id.ts'
import { configResourceType, isActive, type TopicImage, topicByName } from '../image.ts'
import { placeReplicas } from '../placement.ts'
import { collisionKey, topicNameProblem } from '../topic-name.ts'
import { type ControllerContext, type Decision, recordCountMax } from './decision.ts'

interface Problem {
  readonly errorCode: number
  readonly message: string | null
}

export interface CreatedTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly partitionCount: number
  readonly replicationFactor: number
  /** The configs it was asked to have. */
  readonly overrides: ReadonlyMap<string, string>
}

type CreatableTopic = CreateTopicsRequest['topics'][number]
type Assignment = { readonly replicas: readonly number[]; readonly isr: readonly number[] }

const metadataTopic = '__cluster_metadata'

const isProblem = (value: object): value is Problem => 'errorCode' in value

export function createTopics(
  context: ControllerContext,
  request: CreateTopicsRequest,
): Decision<readonly CreatedTopic[]> {
  const records: MetadataRecord[] = []
  const names = new Map<string, number>()
  for (const { name } of request.topics) names.set(name, (names.get(name) ?? 0) + 1)
  const collisions = new Map(Array.from(context.image.topicIds.keys(), (name) => [collisionKey(name), name]))
  const failed = (name: string, { errorCode, message }: Problem): CreatedTopic => ({
    name,
    topicId: zeroUuid,
    errorCode,
    errorMessage: message,
    partitionCount: -1,
    replicationFactor: -1,
    overrides: new Map(),
  })
  const results = new Map<string, CreatedTopic>()
  for (const topic of request.topics) {
    if (results.has(topic.name)) continue
    if ((names.get(topic.name) ?? 0) > 1) {
      results.set(
        topic.name,
        failed(topic.name, { errorCode: ErrorCode.INVALID_REQUEST, message: 'Duplicate topic name.' }),
      )
      continue
    }
    const created = createTopic(context, topic, collisions)
    if (isProblem(created)) {
      results.set(topic.name, failed(topic.name, created))
      continue
    }
    if (records.length + created.records.length > recordCountMax) {
      const message = `Excessively large number of records in one request: at most ${recordCountMax} are allowed`
      results.set(topic.name, failed(topic.name, { errorCode: ErrorCode.POLICY_VIOLATION, message }))
      continue
    }
    records.push(...created.records)
    collisions.set(collisionKey(topic.name), topic.name)
    results.set(topic.name, created.result)
  }
  return { records: request.validateOnly ? [] : records, reply: [...results.values()] }
}

function createTopic(
  context: ControllerContext,
  topic: CreatableTopic,
  collisions: ReadonlyMap<string, string>,
): Problem | { readonly records: MetadataRecord[]; readonly result: CreatedTopic } {
  const { name } = topic
  if (name === metadataTopic) {
    return {
      errorCode: ErrorCode.INVALID_REQUEST,
      message: `Creation of internal topic ${metadataTopic} is prohibited.`,
    }
  }
  const nameProblem = topicNameProblem(name)
  if (nameProblem !== undefined) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, message: nameProblem }
  if (context.image.topicIds.has(name)) {
    return { errorCode: ErrorCode.TOPIC_ALREADY_EXISTS, message: `Topic '${name}' already exists.` }
  }
  const collision = collisions.get(collisionKey(name))
  if (collision !== undefined) {
    const message = `Topic '${name}' collides with existing topic: ${collision}`
    return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, message }
  }
  const overrides = new Map<string, string>()
  for (const config of topic.configs) {
    if (config.value === null) {
      return {
        errorCode: ErrorCode.INVALID_CONFIG,
        message: `Null value not supported for topic configs: ${config.name}`,
      }
    }
    overrides.set(config.name, config.value)
  }
  const configProblem = context.settings.configRules.topicProblem(overrides)
  if (configProblem !== undefined) return configProblem
  const assignments =
    topic.assignments.length > 0 ? assignedByHand(context, topic) : assignedByPlacement(context, topic)
  if (isProblem(assignments)) return assignments
  const topicId = randomUuid(context.random)
  return {
    records: [
      { type: 'TopicRecord', version: 0, data: { name, topicId } },
      ...Array.from(overrides, ([key, value]): MetadataRecord => {
        const data = { resourceType: configResourceType.topic, resourceName: name, name: key, value }
        return { type: 'ConfigRecord', version: 0, data }
      }),
      ...assignments.map((assignment, index) => partitionRecord(context, topicId, index, assignment)),
    ],
    result: {
      name,
      topicId,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      partitionCount: assignments.length,
      replicationFactor: assignments[0]?.replicas.length ?? 0,
      overrides,
    },
  }
}

function partitionRecord(
  context: ControllerContext,
  topicId: Uuid,
  index: number,
  { replicas, isr }: Assignment,
): MetadataRecord {
  return {
    type: 'PartitionRecord',
    version: 2,
    data: {
      partitionId: index,
      topicId,
      replicas,
      isr,
      removingReplicas: [],
      addingReplicas: [],
      leader: isr[0] ?? -1,
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: replicas.map((id) => newDirectoryOf(context, id)),
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    },
  }
}

/** With one directory there is no question; with several the broker says later which it chose. */
function newDirectoryOf({ image }: ControllerContext, brokerId: number): Uuid {
  const logDirs = image.brokers.get(brokerId)?.logDirs ?? []
  if (logDirs.length === 0) return reservedDirectoryId.migrating
  return logDirs.length === 1 ? (logDirs[0] as Uuid) : reservedDirectoryId.unassigned
}

function assignedByHand(context: ControllerContext, topic: CreatableTopic): Problem | Assignment[] {
  const invalidRequest = (message: string) => ({ errorCode: ErrorCode.INVALID_REQUEST, message })
  const invalidAssignment = (message: string) => ({ errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT, message })
  if (topic.replicationFactor !== -1) {
    return invalidRequest('A manual partition assignment was specified, but replication factor was not set to -1.')
  }
  if (topic.numPartitions !== -1) {
    return invalidRequest('A manual partition assignment was specified, but numPartitions was not set to -1.')
  }
  const sorted = topic.assignments.toSorted((a, b) => a.partitionIndex - b.partitionIndex)
  if (sorted.some(({ partitionIndex }, index) => partitionIndex !== index)) {
    return invalidAssignment('partitions should be a consecutive 0-based integer sequence')
  }
  const assignments: Assignment[] = []
  for (const { brokerIds } of sorted) {
    const checked = checkAssignment(context, brokerIds, assignments[0]?.replicas.length)
    if (isProblem(checked)) return checked
    assignments.push(checked)
  }
  return assignments
}

function checkAssignment(
  context: ControllerContext,
  replicas: readonly number[],
  replicationFactor: number | undefined,
): Problem | Assignment {
  const invalid = (message: string) => ({ errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT, message })
  if (replicas.length === 0) return invalid('The manual partition assignment includes an empty replica list.')
  for (const [index, id] of replicas.entries()) {
    if (!context.image.brokers.has(id)) {
      return invalid(`The manual partition assignment includes broker ${id}, but no such broker is registered.`)
    }
    if (replicas.indexOf(id) !== index) {
      return invalid(`The manual partition assignment includes the broker ${id} more than once.`)
    }
  }
  if (replicationFactor !== undefined && replicas.length !== replicationFactor) {
    return invalid(
      `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not consistent ` +
        `with previous partitions, which have ${replicationFactor} replica(s).`,
    )
  }
  const isr = replicas.filter((id) => isActive(context.image, id))
  if (isr.length === 0)
    return invalid('All brokers specified in the manual partition assignment are fenced or in controlled shutdown.')
  return { replicas, isr }
}

function assignedByPlacement(context: ControllerContext, topic: CreatableTopic): Problem | Assignment[] {
  const { settings } = context
  if (topic.replicationFactor === 0 || topic.replicationFactor < -1) {
    const message = 'Replication factor must be larger than 0, or -1 to use the default value.'
    return { errorCode: ErrorCode.INVALID_REPLICATION_FACTOR, message }
  }
  if (topic.numPartitions === 0 || topic.numPartitions < -1) {
    const message = 'Number of partitions was set to an invalid non-positive value.'
    return { errorCode: ErrorCode.INVALID_PARTITIONS, message }
  }
  const partitionCount = topic.numPartitions === -1 ? settings.partitionCountDefault : topic.numPartitions
  if (partitionCount > recordCountMax) {
    const message = `Excessively large number of partitions: at most ${recordCountMax} can be created in one request`
    return { errorCode: ErrorCode.POLICY_VIOLATION, message }
  }
  const factor = topic.replicationFactor === -1 ? settings.replicationFactorDefault : topic.replicationFactor
  return place(context, partitionCount, factor)
}

function place(context: ControllerContext, partitionCount: number, replicationFactor: number): Problem | Assignment[] {
  const { image, random } = context
  const usable = [...image.brokers.values()].filter(({ inControlledShutdown }) => !inControlledShutdown)
  const failed = (reason: string): Problem => ({
    errorCode: ErrorCode.INVALID_REPLICATION_FACTOR,
    message: `Unable to replicate the partition ${replicationFactor} time(s): ${reason}`,
  })
  if (usable.every((broker) => broker.isFenced)) return failed('All brokers are currently fenced.')
  if (usable.length < replicationFactor) {
    return failed(
      `The target replication factor of ${replicationFactor} cannot be reached because only ${usable.length} broker(s) are ` +
        'registered or some brokers have all their log directories cordoned.',
    )
  }
  return placeReplicas(usable, partitionCount, replicationFactor, random).map((replicas) => {
    return { replicas, isr: replicas.filter((id) => isActive(image, id)) }
  })
}

export interface TopicReference {
  readonly name: string | null
  readonly topicId: Uuid
}

export interface DeletedTopic extends TopicReference {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function deleteTopics(
  context: ControllerContext,
  topics: readonly TopicReference[],
): Decision<readonly DeletedTopic[]> {
  const records: MetadataRecord[] = []
  const seen = new Map<string, number>()
  const keyOf = ({ name, topicId }: TopicReference) => (name === null ? `id ${topicId}` : `name ${name}`)
  for (const topic of topics) seen.set(keyOf(topic), (seen.get(keyOf(topic)) ?? 0) + 1)
  const answered = new Set<string>()
  const deleted = new Set<Uuid>()
  const reply: DeletedTopic[] = []
  for (const topic of topics) {
    const key = keyOf(topic)
    if (answered.has(key)) continue
    answered.add(key)
    const failed = (errorCode: number, errorMessage: string) => void reply.push({ ...topic, errorCode, errorMessage })
    if (topic.name !== null && topic.topicId !== zeroUuid) {
      failed(ErrorCode.INVALID_REQUEST, 'You may not specify both topic name and topic id.')
      continue
    }
    if ((seen.get(key) ?? 0) > 1) {
      failed(ErrorCode.INVALID_REQUEST, topic.name === null ? 'Duplicate topic id.' : 'Duplicate topic name.')
      continue
    }
    const found = topic.name === null ? context.image.topics.get(topic.topicId) : topicByName(context.image, topic.name)
    if (found === undefined) {
      if (topic.name === null) failed(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')
      else failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.')
      continue
    }
    if (!context.settings.deleteTopicEnable) {
      failed(ErrorCode.TOPIC_DELETION_DISABLED, 'Topic deletion is disabled.')
      continue
    }
    if (deleted.has(found.id)) {
      failed(ErrorCode.INVALID_REQUEST, 'The provided topic name maps to an ID that was already supplied.')
      continue
    }
    deleted.add(found.id)
    records.push({ type: 'RemoveTopicRecord', version: 0, data: { topicId: found.id } })
    reply.push({ name: found.name, topicId: found.id, errorCode: ErrorCode.NONE, errorMessage: null })
  }
  return { records, reply }
}

export interface GrownTopic {
  readonly name: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function createPartitions(
  context: ControllerContext,
  request: CreatePartitionsRequest,
): Decision<readonly GrownTopic[]> {
  const records: MetadataRecord[] = []
  const counts = new Map<string, number>()
  for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1)
  const reply = new Map<string, GrownTopic>()
  for (const topic of request.topics) {
    if (reply.has(topic.name)) continue
    const grown =
      (counts.get(topic.name) ?? 0) > 1
        ? { errorCode: ErrorCode.INVALID_REQUEST, message: 'Duplicate topic name.' }
        : grow(context, topic)
    if ('errorCode' in grown)
      reply.set(topic.name, { name: topic.name, errorCode: grown.errorCode, errorMessage: grown.message })
    else if (records.length + grown.length > recordCountMax) {
      const errorMessage = `Excessively large number of partitions: at most ${recordCountMax} can be created in one request`
      reply.set(topic.name, { name: topic.name, errorCode: ErrorCode.POLICY_VIOLATION, errorMessage })
    } else {
      records.push(...grown)
      reply.set(topic.name, { name: topic.name, errorCode: ErrorCode.NONE, errorMessage: null })
    }
  }
  return { records: request.validateOnly ? [] : records, reply: [...reply.values()] }
}

function grow(
  context: ControllerContext,
  topic: CreatePartitionsRequest['topics'][number],
): Problem | MetadataRecord[] {
  const found = topicByName(context.image, topic.name)
  if (found === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: null }
  const present = found.partitions.length
  const added = topic.count - present
  if (added === 0)
    return { errorCode: ErrorCode.INVALID_PARTITIONS, message: `Topic already has ${present} partition(s).` }
  if (added < 0) {
    const message = `The topic ${topic.name} currently has ${present} partition(s); ${topic.count} would not be an increase.`
    return { errorCode: ErrorCode.INVALID_PARTITIONS, message }
  }
  if (added > recordCountMax) {
    const message = `Excessively large number of partitions: at most ${recordCountMax} can be created in one request`
    return { errorCode: ErrorCode.POLICY_VIOLATION, message }
  }
  const assignments = growthAssignments(context, found, topic.assignments, added)
  if (isProblem(assignments)) return assignments
  return assignments.map((assignment, index) => partitionRecord(context, found.id, present + index, assignment))
}

function growthAssignments(
  context: ControllerContext,
  topic: TopicImage,
  given: readonly { readonly brokerIds: readonly number[] }[] | null,
  added: number,
): Problem | Assignment[] {
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  if (given === null) return place(context, added, replicationFactor)
  if (given.length !== added) {
    const message = `Attempted to add ${added} additional partition(s), but only ${given.length} assignment(s) were specified.`
    return { errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT, message }
  }
  const assignments: Assignment[] = []
  for (const { brokerIds } of given) {
    const checked = checkAssignment(context, brokerIds, replicationFactor)
    if (isProblem(checked)) return checked
    assignments.push(checked)
  }
  return assignments
}
