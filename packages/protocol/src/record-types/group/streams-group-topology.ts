/** StreamsGroupTopology record (23) of the group coordinator: the topology of a Streams group. */
import { array, int16, int32, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

const topicConfig = { key: string(), value: string() }

const topicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(topicConfig),
}

export const StreamsGroupTopologyRecord = defineCoordinatorRecord({
  id: 23,
  name: 'StreamsGroupTopology',
  key: {
    groupId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    epoch: int32(),
    subtopologies: array({
      subtopologyId: string(),
      sourceTopics: array(string()),
      sourceTopicRegex: array(string()),
      stateChangelogTopics: array(topicInfo),
      repartitionSinkTopics: array(string()),
      repartitionSourceTopics: array(topicInfo),
      copartitionGroups: array({
        sourceTopics: array(int16()),
        sourceTopicRegex: array(int16()),
        repartitionSourceTopics: array(int16()),
      }),
    }),
  },
})

export interface StreamsGroupTopologyKey extends Decoded<typeof StreamsGroupTopologyRecord.key> {}
export interface StreamsGroupTopologyValue extends Decoded<typeof StreamsGroupTopologyRecord.value> {}
