/** The one partition of the quorum, and how messages that could carry many of them name it. */
import { oneUuid } from '@millrace/base'

export const metadataTopicName = '__cluster_metadata'
export const metadataTopicId: string = oneUuid
export const metadataPartition = 0

interface Named {
  readonly topic?: string
  readonly topicName?: string
  readonly name?: string
  readonly topicId?: string
}

/** The partition that a message is about; undefined when it is not exactly the metadata partition. */
export function onlyPartition<P>(topics: readonly (Named & { readonly partitions: readonly P[] })[]): P | undefined {
  const [topic] = topics
  if (topic === undefined || topics.length !== 1 || topic.partitions.length !== 1) return undefined
  const isById = topic.topicId === metadataTopicId
  const isByName = (topic.topic ?? topic.topicName ?? topic.name) === metadataTopicName
  return isById || isByName ? topic.partitions[0] : undefined
}
