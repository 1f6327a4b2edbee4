/**
 * GroupMetadata record (2) of the group coordinator: a classic group: generation, protocol, leader and members.
 *
 * Value versions:
 * - 1: adds MemberMetadata.rebalanceTimeout.
 * - 2: adds currentStateTimestamp.
 * - 3: adds MemberMetadata.groupInstanceId.
 * - 4: flexible.
 */
import { array, bytes, type Item, int32, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

const memberMetadata = {
  memberId: string(),
  groupInstanceId: string({ v: '3+', nullable: '3+', default: null, ignorable: true }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ v: '1+', default: -1, ignorable: true }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
}

export const GroupMetadataRecord = defineCoordinatorRecord({
  id: 2,
  name: 'GroupMetadata',
  key: {
    group: string(),
  },
  versions: '0-4',
  flexible: 4,
  value: {
    protocolType: string(),
    generation: int32(),
    protocol: string({ nullable: '0+' }),
    leader: string({ nullable: '0+' }),
    currentStateTimestamp: int64({ v: '2+', default: -1, ignorable: true }),
    members: array(memberMetadata),
  },
})

export interface GroupMetadataKey extends Decoded<typeof GroupMetadataRecord.key> {}
export interface GroupMetadataValue extends Decoded<typeof GroupMetadataRecord.value> {}
export interface GroupMetadataValueMember extends Item<GroupMetadataValue['members']> {}
