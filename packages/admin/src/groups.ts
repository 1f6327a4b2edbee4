/** Operations on consumer groups and their offsets. */
import { brokerError, type Cluster } from '@millrace/client'
import {
  DeleteGroups,
  DescribeGroups,
  decodeConsumerAssignment,
  ErrorCode,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
} from '@millrace/protocol'
import { askEach, askOnce, type OperationOptions, retry } from './operation.ts'
import { type Result, type Results, resultOf, succeeded } from './result.ts'
import { partitionKey, type TopicPartition } from './topics.ts'

export interface ListedGroup {
  readonly groupId: string
  /** `consumer` for consumer groups; empty for groups that only commit. */
  readonly protocolType: string
  /** Stable, Empty, PreparingRebalance, ...; empty when the broker is too old to say. */
  readonly state: string
  readonly type: string
}

export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly assignment: readonly TopicPartition[]
}

export interface GroupDescription {
  readonly groupId: string
  readonly state: string
  readonly protocolType: string
  readonly protocol: string
  /** The node that coordinates it. */
  readonly coordinator: number
  readonly members: readonly GroupMember[]
}

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

export async function describeGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  options: OperationOptions = {},
): Promise<Results<GroupDescription>> {
  const results = new Map<string, Result<GroupDescription>>()
  for (const groupId of groupIds) {
    const body = { groups: [groupId] }
    const what = `Describing group "${groupId}"`
    // A coordinator that moved or still loads is worth another try; a group that does not exist is an answer.
    const codeOf = ({ groups }: { groups: readonly { readonly errorCode: number }[] }) => {
      const code = groups[0]?.errorCode ?? ErrorCode.NONE
      return { code: code === ErrorCode.GROUP_ID_NOT_FOUND ? ErrorCode.NONE : code }
    }
    const response = await askOnce(cluster, DescribeGroups, body, what, codeOf, { ...options, group: groupId })
    const coordinator = await cluster.coordinatorFor('group', groupId)
    const group = response.groups[0]
    const isMissing = group === undefined || group.errorCode !== ErrorCode.NONE || group.groupState === 'Dead'
    results.set(
      groupId,
      isMissing
        ? { ok: false, error: brokerError(ErrorCode.GROUP_ID_NOT_FOUND, what, DescribeGroups.name) }
        : succeeded({
            groupId,
            state: group.groupState,
            protocolType: group.protocolType,
            protocol: group.protocolData,
            coordinator,
            members: group.members.map(({ memberId, groupInstanceId, clientId, clientHost, memberAssignment }) => {
              return {
                memberId,
                groupInstanceId,
                clientId,
                clientHost,
                assignment: assignmentOf(group.protocolType, memberAssignment),
              }
            }),
          }),
    )
  }
  return results
}

/** Other protocols than the consumers' have assignments of their own kind. */
function assignmentOf(protocolType: string, bytes: Buffer): readonly TopicPartition[] {
  if (protocolType !== 'consumer' || bytes.length === 0) return []
  const { data } = decodeConsumerAssignment(bytes)
  return data.assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

export async function deleteGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  options: OperationOptions = {},
): Promise<Results<void>> {
  const results = new Map<string, Result<void>>()
  for (const groupId of groupIds) {
    const attempt = async (_: readonly string[], timeoutMs: number) => {
      const sendOptions = { ...options, group: groupId, timeoutMs }
      const response = await cluster.send(DeleteGroups, { groupsNames: [groupId] }, sendOptions)
      const code = response.results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
      const result = resultOf(code, `Deleting group "${groupId}"`, DeleteGroups.name, null, () => undefined)
      return new Map([[groupId, result]])
    }
    const answered = await askEach(cluster, [groupId], (id) => id, attempt, { ...options, group: groupId })
    for (const [id, result] of answered) results.set(id, result)
  }
  return results
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

export async function deleteGroupOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
  options: OperationOptions = {},
): Promise<Results<void>> {
  const topics = new Map<string, { partitionIndex: number }[]>()
  for (const { topic, partition } of partitions) {
    topics.set(topic, [...(topics.get(topic) ?? []), { partitionIndex: partition }])
  }
  const what = `Deleting offsets of group "${groupId}"`
  const response = await askOnce(
    cluster,
    OffsetDelete,
    { groupId, topics: Array.from(topics, ([name, items]) => ({ name, partitions: items })) },
    what,
    ({ errorCode }) => ({ code: errorCode }),
    { ...options, group: groupId },
  )
  return partitionResults(response.topics, what, OffsetDelete.name)
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
