/** ControlRecordTypeSchema: the type in the key of a control record. */
import { int16 } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const ControlRecordTypeSchema = defineSchema({
  name: 'ControlRecordTypeSchema',
  versions: '0',
  flexible: Infinity,
  fields: {
    type: int16(),
  },
})

export interface ControlRecordTypeSchema extends Decoded<typeof ControlRecordTypeSchema> {}
