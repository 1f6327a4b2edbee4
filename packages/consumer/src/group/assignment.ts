/** What members of a classic group tell each other, in the formats that all clients read; and the leader's work: who gets what. */
import type { AssignableMember, AssignableTopic, Assignor, TopicPartitions } from '@millrace/assignor'
import type { MetadataSnapshot } from '@millrace/client'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
  type JoinGroupResponseMember,
} from '@millrace/protocol'
import type { TopicPartition } from '../events.ts'
import { type Claim, groupPartitions } from './ownership.ts'

/** What members write: owned partitions are in it from version 1, generation from 2, rack from 3. */
const subscriptionVersion = 3
const assignmentVersion = 0

/** What a member tells the leader. */
export interface Subscription {
  readonly topics: readonly string[]
  readonly rackId: string | null
  readonly claim: Claim
  /** The last generation that this member joined; -1 for none. */
  readonly generationId: number
}

function listOf(partitions: TopicPartitions): { topic: string; partitions: readonly number[] }[] {
  return Array.from(partitions, ([topic, list]) => ({ topic, partitions: list }))
}

/** The subscription in what one assignor wants to know. */
export function encodeSubscription(subscription: Subscription, assignor: Assignor): Buffer {
  const { topics, rackId, claim, generationId } = subscription
  return encodeConsumerSubscription(subscriptionVersion, {
    topics: topics.toSorted(),
    userData: assignor.subscriptionUserData?.(claim.lastAssigned, claim.lastGenerationId) ?? null,
    ownedPartitions: listOf(claim.ownedPartitions),
    generationId,
    rackId,
  })
}

/** Members as the assignor sees them. Throws DecodeError for a subscription that is none. */
export function readMembers(members: readonly JoinGroupResponseMember[]): readonly AssignableMember[] {
  return members.map(({ memberId, groupInstanceId, metadata }) => {
    const { topics, rackId, ownedPartitions, generationId, userData } = decodeConsumerSubscription(metadata).data
    const owned = ownedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    return {
      memberId,
      instanceId: groupInstanceId,
      rackId,
      topics,
      ownedPartitions: groupPartitions(owned),
      generationId,
      userData,
    }
  })
}

/** Every topic that some member subscribes to. */
export function subscribedTopics(members: readonly AssignableMember[]): readonly string[] {
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
  members: readonly AssignableMember[],
  topics: ReadonlyMap<string, AssignableTopic>,
): { memberId: string; assignment: Buffer }[] {
  const assignment = assignor.assign({ topics, members })
  return members.map(({ memberId }) => ({ memberId, assignment: encodeAssignment(assignment.get(memberId)) }))
}

function encodeAssignment(assigned: TopicPartitions | undefined): Buffer {
  return encodeConsumerAssignment(assignmentVersion, { assignedPartitions: listOf(assigned ?? new Map()) })
}

/** What this member was told; nothing for the empty bytes that a coordinator gives to a member the leader left out. */
export function readAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return []
  return decodeConsumerAssignment(bytes).data.assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}
