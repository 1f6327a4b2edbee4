/** ShareGroupMemberMetadata record (10) of the group coordinator: a member of a share group; what it said in its heartbeats. */
import { array, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ShareGroupMemberMetadataRecord = defineCoordinatorRecord({
  id: 10,
  name: 'ShareGroupMemberMetadata',
  key: {
    groupId: string(),
    memberId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
  },
})

export interface ShareGroupMemberMetadataKey extends Decoded<typeof ShareGroupMemberMetadataRecord.key> {}
export interface ShareGroupMemberMetadataValue extends Decoded<typeof ShareGroupMemberMetadataRecord.value> {}
