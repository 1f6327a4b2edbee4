/** ConsumerGroupMemberMetadata record (5) of the group coordinator: a member of a consumer group; what it said in its heartbeats. */
import { array, bytes, int32, string, struct } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ConsumerGroupMemberMetadataRecord = defineCoordinatorRecord({
  id: 5,
  name: 'ConsumerGroupMemberMetadata',
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
    subscribedTopicNames: array(string()),
    subscribedTopicRegex: string({ nullable: '0+' }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    serverAssignor: string({ nullable: '0+' }),
    classicMemberMetadata: struct(
      {
        sessionTimeoutMs: int32(),
        supportedProtocols: array({ name: string(), metadata: bytes() }),
      },
      { nullable: '0+', tag: 0 },
    ),
  },
})

export interface ConsumerGroupMemberMetadataKey extends Decoded<typeof ConsumerGroupMemberMetadataRecord.key> {}
export interface ConsumerGroupMemberMetadataValue extends Decoded<typeof ConsumerGroupMemberMetadataRecord.value> {}
