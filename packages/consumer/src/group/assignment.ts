/** The leader's work in a classic group: who gets what, in the formats that members read. */
import type { AssignableTopic, Assignor, TopicPartitions } from '@millrace/assignor'
import type { MetadataSnapshot } from '@millrace/client'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
  type JoinGroupResponseMember,
} from '@millrace/protocol'

/** What members write: owned partitions are in it from version 1, generation from 2, rack from 3. */
const subscriptionVersion = 3
const assignmentVersion = 0

/** What a member tells the leader. */
export function encodeSubscription(topics: readonly string[], rackId: string | null): Buffer {
  return encodeConsumerSubscription(subscriptionVersion, { topics: topics.toSorted(), rackId })
}

/** A member as the leader reads it. */
export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly topics: readonly string[]
}

/** Throws DecodeError for a subscription that is none. */
export function readMembers(members: readonly JoinGroupResponseMember[]): readonly GroupMember[] {
  return members.map(({ memberId, groupInstanceId, metadata }) => {
    const { topics, rackId } = decodeConsumerSubscription(metadata).data
    return { memberId, instanceId: groupInstanceId, rackId, topics }
  })
}

/** Every topic that some member subscribes to. */
export function subscribedTopics(members: readonly GroupMember[]): readonly string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))].sort()
}

/** Topics as the assignor sees them; those that do not exist are left out. */
export function assignableTopics(
  names: readonly string[],
  { topics, brokers }: MetadataSnapshot,
): ReadonlyMap<string, AssignableTopic> {
  const found = new Map<string, AssignableTopic>()
  for (const name of names) {
    const topic = topics.get(name)
    if (topic === undefined || topic.errorCode !== 0) continue
    const racks = topic.partitions.map(({ replicas }) =>
      replicas.flatMap((node) => {
        const rack = brokers.get(node)?.rack
        return rack === null || rack === undefined ? [] : [rack]
      }),
    )
    found.set(name, { partitionCount: topic.partitions.length, racks })
  }
  return found
}

/** Partition counts by topic: what an assignment was made from. */
export function partitionCounts(topics: ReadonlyMap<string, AssignableTopic>): string {
  return JSON.stringify([...topics].map(([name, { partitionCount }]) => [name, partitionCount]))
}

/** What each member is to be told. */
export function assignMembers(
  assignor: Assignor,
  members: readonly GroupMember[],
  topics: ReadonlyMap<string, AssignableTopic>,
): { memberId: string; assignment: Buffer }[] {
  const assignment = assignor.assign({ topics, members })
  return members.map(({ memberId }) => ({ memberId, assignment: encodeAssignment(assignment.get(memberId)) }))
}

function encodeAssignment(assigned: TopicPartitions | undefined): Buffer {
  const assignedPartitions = Array.from(assigned ?? [], ([topic, partitions]) => ({ topic, partitions }))
  return encodeConsumerAssignment(assignmentVersion, { assignedPartitions })
}

/** What this member was told; nothing for the empty bytes that a coordinator gives to a member the leader left out. */
export function readAssignment(bytes: Buffer): { topic: string; partition: number }[] {
  if (bytes.length === 0) return []
  return decodeConsumerAssignment(bytes).data.assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}
