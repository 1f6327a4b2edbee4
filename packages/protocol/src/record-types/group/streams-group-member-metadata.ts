/** StreamsGroupMemberMetadata record (19) of the group coordinator: a member of a Streams group; what it said in its heartbeats. */
import { array, int32, string, struct, uint16 } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

const endpoint = { host: string(), port: uint16() }

const keyValue = { key: string(), value: string() }

export const StreamsGroupMemberMetadataRecord = defineCoordinatorRecord({
  id: 19,
  name: 'StreamsGroupMemberMetadata',
  key: {
    groupId: string(),
    memberId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    instanceId: string({ nullable: '0+' }),
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: struct(endpoint, { nullable: '0+', default: null }),
    clientTags: array(keyValue),
  },
})

export interface StreamsGroupMemberMetadataKey extends Decoded<typeof StreamsGroupMemberMetadataRecord.key> {}
export interface StreamsGroupMemberMetadataValue extends Decoded<typeof StreamsGroupMemberMetadataRecord.value> {}
