/**
 * ConsumerProtocolSubscription: what a member of a classic consumer group wants to read, and what it has.
 *
 * Versions:
 * - 1: adds ownedPartitions.
 * - 2: adds generationId.
 * - 3: adds rackId.
 */
import { array, bytes, int32, string } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const ConsumerProtocolSubscription = defineSchema({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: Infinity,
  fields: {
    topics: array(string()),
    userData: bytes({ nullable: '0+', default: null }),
    ownedPartitions: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { v: '1+', ignorable: true },
    ),
    generationId: int32({ v: '2+', default: -1, ignorable: true }),
    rackId: string({ v: '3+', nullable: '3+', default: null, ignorable: true }),
  },
})

export interface ConsumerProtocolSubscription extends Decoded<typeof ConsumerProtocolSubscription> {}
