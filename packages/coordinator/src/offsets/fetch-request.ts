/** OffsetFetch between the wire and the shard: one group or many, topic names or ids, and where each version has its errors. */
import { type Uuid, zeroUuid } from '@millrace/base'
import { ErrorCode, type OffsetFetchRequest, type OffsetFetchResponse } from '@millrace/protocol'
import type { FetchReply, TopicsToFetch } from '../groups/commands.ts'
import type { MetadataView } from '../metadata-view.ts'

const topLevelErrorVersion = 2
const manyGroupsVersion = 8
const topicIdVersion = 10

interface WireTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly partitionIndexes: readonly number[]
}

/** One group of a request, whatever the version. */
export interface GroupToFetch {
  readonly groupId: string
  readonly wireTopics: readonly WireTopic[] | null
  /** What the shard is asked: without topics whose id is unknown. */
  readonly topics: TopicsToFetch
}

export function groupsToFetch(request: OffsetFetchRequest, apiVersion: number, metadata: MetadataView): GroupToFetch[] {
  if (apiVersion < manyGroupsVersion) {
    const topics = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null
    return [toFetch(request.groupId, topics, false, metadata)]
  }
  return request.groups.map(({ groupId, topics }) => toFetch(groupId, topics, apiVersion >= topicIdVersion, metadata))
}

function toFetch(
  groupId: string,
  wireTopics: readonly WireTopic[] | null,
  useTopicIds: boolean,
  metadata: MetadataView,
): GroupToFetch {
  const topics =
    wireTopics?.flatMap(({ name, topicId, partitionIndexes }) => {
      const known = useTopicIds ? metadata.topicNameById(topicId) : name
      if (known === undefined) return []
      return [{ name: known, topicId: useTopicIds ? topicId : zeroUuid, partitions: partitionIndexes }]
    }) ?? null
  return { groupId, wireTopics, topics }
}

/** The answer for one group, or the error code why there is none. */
export type FetchedGroup = FetchReply | number

export function fetchResponse(
  groups: readonly GroupToFetch[],
  answers: readonly FetchedGroup[],
  apiVersion: number,
  metadata: MetadataView,
): OffsetFetchResponse {
  const results = groups.map((group, index) => {
    const answer = answers[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR
    const errorCode = typeof answer === 'number' ? answer : ErrorCode.NONE
    return { groupId: group.groupId, errorCode, topics: topicsOf(group, answer, apiVersion, metadata) }
  })
  const none = { throttleTimeMs: 0, topics: [], errorCode: ErrorCode.NONE, groups: [] }
  if (apiVersion >= manyGroupsVersion) return { ...none, groups: results }
  const [only] = results
  if (only === undefined) return none
  return { ...none, topics: only.topics, errorCode: apiVersion >= topLevelErrorVersion ? only.errorCode : 0 }
}

type ResponseTopics = OffsetFetchResponse['groups'][number]['topics']

function topicsOf(
  group: GroupToFetch,
  answer: FetchedGroup,
  apiVersion: number,
  metadata: MetadataView,
): ResponseTopics {
  if (typeof answer === 'number') {
    // Version 1 has no other place for an error than the partitions.
    return apiVersion < topLevelErrorVersion ? (group.wireTopics ?? []).map((topic) => allFailed(topic, answer)) : []
  }
  if (group.wireTopics === null) return allTopics(answer, apiVersion, metadata)
  const fetched = answer.topics[Symbol.iterator]()
  return group.wireTopics.map((topic) => {
    const isKnown = apiVersion < topicIdVersion || metadata.topicNameById(topic.topicId) !== undefined
    const result = isKnown ? fetched.next().value : undefined
    if (result === undefined) return allFailed(topic, ErrorCode.UNKNOWN_TOPIC_ID)
    return { name: topic.name, topicId: topic.topicId, partitions: result.partitions }
  })
}

/** A topic that exists no more has no id to be named by. */
function allTopics(answer: FetchReply, apiVersion: number, metadata: MetadataView): ResponseTopics {
  return answer.topics.flatMap(({ name, partitions }) => {
    const topicId = apiVersion >= topicIdVersion ? metadata.topicIdByName(name) : zeroUuid
    return topicId === undefined ? [] : [{ name, topicId, partitions }]
  })
}

function allFailed({ name, topicId, partitionIndexes }: WireTopic, errorCode: number): ResponseTopics[number] {
  const partitions = partitionIndexes.map((partitionIndex) => ({
    partitionIndex,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode,
  }))
  return { name, topicId, partitions }
}
