/** Operations on consumer groups and their offsets. */
import { brokerError, type Cluster } from '@millrace/client'
import {
  DeleteGroups,
  DescribeGroups,
  decodeConsumerAssignment,
  ErrorCode,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
} from '@millrace/protocol'
import { askEach, askOnce, askOneByOne, type OperationOptions, retry } from './operation.ts'
import { type Result, type Results, resultOf } from './result.ts'
import { partitionKey, type TopicPartition } from './topics.ts'

/** A group as brokers list it. */
export interface ListedGroup {
  readonly groupId: string
  /** `consumer` for consumer groups; empty for groups that only commit. */
  readonly protocolType: string
  /** Stable, Empty, PreparingRebalance, ...; empty when the broker is too old to say. */
  readonly state: string
  readonly type: string
}

/** A member of a group, and what it was assigned. */
export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly assignment: readonly TopicPartition[]
}

/** A group as its coordinator describes it. */
export interface GroupDescription {
  readonly groupId: string
  readonly state: string
  readonly protocolType: string
  readonly protocol: string
  /** The node that coordinates it. */
  readonly coordinator: number
  readonly members: readonly GroupMember[]
}

/** What a group committed for a partition: `offset` is the next record to read. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  /** -1 when unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
}

/** What to commit for a partition. */
export interface GroupOffset extends TopicPartition {
  readonly offset: number
  readonly metadata?: string
}

/** The groups of all brokers. */
export async function listGroups(cluster: Cluster, options: OperationOptions = {}): Promise<readonly ListedGroup[]> {
  const signal = options.signal === undefined ? {} : { signal: options.signal }
  const { brokers } = await retry(cluster, () => cluster.metadata([], signal), options)
  const found = new Map<string, ListedGroup>()
  for (const node of brokers.keys()) {
    const response = await askOnce(
      cluster,
      ListGroups,
      {},
      `Listing the groups of broker ${node}`,
      ({ errorCode }) => ({ code: errorCode }),
      { ...options, node },
    )
    for (const { groupId, protocolType, groupState, groupType } of response.groups) {
      found.set(groupId, { groupId, protocolType, state: groupState, type: groupType })
    }
  }
  return [...found.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

export function describeGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  options: OperationOptions = {},
): Promise<Results<GroupDescription>> {
  const attempt = async (groupId: string, timeoutMs: number): Promise<Result<GroupDescription>> => {
    const what = `Describing group "${groupId}"`
    const sendOptions = { ...options, group: groupId, timeoutMs }
    const response = await cluster.send(DescribeGroups, { groups: [groupId] }, sendOptions)
    const coordinator = await cluster.coordinatorFor('group', groupId)
    const [group] = response.groups
    const isDead = group === undefined || (group.errorCode === ErrorCode.NONE && group.groupState === 'Dead')
    const code = isDead ? ErrorCode.GROUP_ID_NOT_FOUND : group.errorCode
    return resultOf(code, what, DescribeGroups.name, group?.errorMessage, () => ({
      groupId,
      state: group?.groupState ?? '',
      protocolType: group?.protocolType ?? '',
      protocol: group?.protocolData ?? '',
      coordinator,
      members: (group?.members ?? []).map(({ memberId, groupInstanceId, clientId, clientHost, memberAssignment }) => {
        const assignment = assignmentOf(group?.protocolType ?? '', memberAssignment)
        return { memberId, groupInstanceId, clientId, clientHost, assignment }
      }),
    }))
  }
  return askOneByOne(
    cluster,
    groupIds,
    (id) => id,
    attempt,
    (group) => ({ ...options, group }),
  )
}

/** Other protocols than the consumers' have assignments of their own kind. */
function assignmentOf(protocolType: string, bytes: Buffer): readonly TopicPartition[] {
  if (protocolType !== 'consumer' || bytes.length === 0) return []
  const { data } = decodeConsumerAssignment(bytes)
  return data.assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

export function deleteGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  options: OperationOptions = {},
): Promise<Results<void>> {
  const attempt = async (groupId: string, timeoutMs: number) => {
    const sendOptions = { ...options, group: groupId, timeoutMs }
    const response = await cluster.send(DeleteGroups, { groupsNames: [groupId] }, sendOptions)
    const code = response.results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    return resultOf(code, `Deleting group "${groupId}"`, DeleteGroups.name, null, () => undefined)
  }
  return askOneByOne(
    cluster,
    groupIds,
    (id) => id,
    attempt,
    (group) => ({ ...options, group }),
  )
}

/** Whom to take out of a classic group: a static member by its instance, which outlives its process, or a member by its id. */
export type MemberToRemove = { readonly groupInstanceId: string } | { readonly memberId: string }

/**
 * Takes members out of a classic group; their partitions go to the others at once. Keys of the result are what members were named
 * by. The members themselves, if they live, join again.
 */
export function removeGroupMembers(
  cluster: Cluster,
  groupId: string,
  members: readonly MemberToRemove[],
  options: OperationOptions & { readonly reason?: string } = {},
): Promise<Results<void>> {
  const nameOf = (member: MemberToRemove) => ('memberId' in member ? member.memberId : member.groupInstanceId)
  const attempt = async (open: readonly MemberToRemove[], timeoutMs: number) => {
    const what = `Removing members from group "${groupId}"`
    const reason = options.reason ?? 'removed by an administrator'
    const body = {
      groupId,
      members: open.map((member) =>
        'memberId' in member
          ? { ...member, reason }
          : { memberId: '', groupInstanceId: member.groupInstanceId, reason },
      ),
    }
    const sendOptions = { ...options, group: groupId, versions: { min: 3 }, timeoutMs }
    const response = await cluster.send(LeaveGroup, body, sendOptions)
    if (response.errorCode !== ErrorCode.NONE) throw brokerError(response.errorCode, what, LeaveGroup.name)
    return new Map(
      response.members.map(({ memberId, groupInstanceId, errorCode }) => {
        const isById = open.some((member) => 'memberId' in member && member.memberId === memberId)
        const name = isById ? memberId : (groupInstanceId ?? memberId)
        return [name, resultOf(errorCode, `${what}: ${name}`, LeaveGroup.name, null, () => undefined)]
      }),
    )
  }
  return askEach(cluster, members, nameOf, attempt, { ...options, group: groupId })
}

/** All offsets that a group has committed. */
export async function listGroupOffsets(
  cluster: Cluster,
  groupId: string,
  options: OperationOptions = {},
): Promise<readonly CommittedOffset[]> {
  const response = await askOnce(
    cluster,
    OffsetFetch,
    (version) => (version >= 8 ? { groups: [{ groupId, topics: null }] } : { groupId, topics: null }),
    `Reading the offsets of group "${groupId}"`,
    ({ errorCode, groups }) => ({ code: groups[0]?.errorCode ?? errorCode }),
    // Version 10 names topics by id; by name is what people asked with.
    { ...options, group: groupId, versions: { min: 2, max: 9 } },
  )
  const topics = response.groups[0]?.topics ?? response.topics
  return topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ committedOffset }) => committedOffset >= 0)
      .map(({ partitionIndex, committedOffset, committedLeaderEpoch, metadata }) => ({
        topic: name,
        partition: partitionIndex,
        offset: committedOffset,
        leaderEpoch: committedLeaderEpoch,
        metadata: metadata ?? '',
      })),
  )
}

/** Commits offsets for a group that has no members. */
export function alterGroupOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: readonly GroupOffset[],
  options: OperationOptions = {},
): Promise<Results<void>> {
  const attempt = async (open: readonly GroupOffset[], timeoutMs: number) => {
    const topics = new Map<string, { partitionIndex: number; committedOffset: number; committedMetadata: string }[]>()
    for (const { topic, partition, offset, metadata = '' } of open) {
      const entry = { partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }
      topics.set(topic, [...(topics.get(topic) ?? []), entry])
    }
    const body = { groupId, topics: Array.from(topics, ([name, partitions]) => ({ name, partitions })) }
    // Version 10 names topics by id; by name is what people asked with.
    const sendOptions = { ...options, group: groupId, versions: { max: 9 }, timeoutMs }
    const response = await cluster.send(OffsetCommit, body, sendOptions)
    return partitionResults(response.topics, `Committing for group "${groupId}"`, OffsetCommit.name)
  }
  return askEach(cluster, offsets, partitionKey, attempt, { ...options, group: groupId })
}

export function deleteGroupOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
  options: OperationOptions = {},
): Promise<Results<void>> {
  const what = `Deleting offsets of group "${groupId}"`
  const attempt = async (open: readonly TopicPartition[], timeoutMs: number) => {
    const topics = new Map<string, { partitionIndex: number }[]>()
    for (const { topic, partition } of open) {
      topics.set(topic, [...(topics.get(topic) ?? []), { partitionIndex: partition }])
    }
    const body = { groupId, topics: Array.from(topics, ([name, items]) => ({ name, partitions: items })) }
    const response = await cluster.send(OffsetDelete, body, { ...options, group: groupId, timeoutMs })
    if (response.errorCode !== ErrorCode.NONE) throw brokerError(response.errorCode, what, OffsetDelete.name)
    return partitionResults(response.topics, what, OffsetDelete.name)
  }
  return askEach(cluster, partitions, partitionKey, attempt, { ...options, group: groupId })
}

function partitionResults(
  topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
  }[],
  what: string,
  apiName: string,
): Results<void> {
  const results = new Map<string, Result<void>>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, errorCode } of partitions) {
      const key = partitionKey({ topic: name, partition: partitionIndex })
      results.set(
        key,
        resultOf(errorCode, `${what}, ${key},`, apiName, null, () => undefined),
      )
    }
  }
  return results
}
