/** ProducerSnapshot: the producers of a partition in a `.snapshot` file; its crc covers what follows the crc. */
import { array, int16, int32, int64, uint32 } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const ProducerSnapshot = defineSchema({
  name: 'ProducerSnapshot',
  versions: '1',
  flexible: Infinity,
  fields: {
    crc: uint32(),
    producerEntries: array({
      producerId: int64(),
      epoch: int16(),
      lastSequence: int32(),
      lastOffset: int64(),
      offsetDelta: int32(),
      timestamp: int64(),
      coordinatorEpoch: int32(),
      currentTxnFirstOffset: int64(),
    }),
  },
})

export interface ProducerSnapshot extends Decoded<typeof ProducerSnapshot> {}
