/**
 * ConsumerProtocolAssignment: the partitions a member of a classic consumer group has to read.
 *
 * Versions:
 * - 1: same layout, behaviour only.
 * - 2: same layout, behaviour only.
 * - 3: same layout, behaviour only.
 */
import { array, bytes, int32, string } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const ConsumerProtocolAssignment = defineSchema({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: Infinity,
  fields: {
    assignedPartitions: array({
      topic: string(),
      partitions: array(int32()),
    }),
    userData: bytes({ nullable: '0+', default: null }),
  },
})

export interface ConsumerProtocolAssignment extends Decoded<typeof ConsumerProtocolAssignment> {}
