/** EndTxnMarker: the value of the control record that ends a transaction in a partition. */
import { int32 } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const EndTxnMarker = defineSchema({
  name: 'EndTxnMarker',
  versions: '0',
  flexible: Infinity,
  fields: {
    coordinatorEpoch: int32(),
  },
})

export interface EndTxnMarker extends Decoded<typeof EndTxnMarker> {}
