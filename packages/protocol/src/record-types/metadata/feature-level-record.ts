/** FeatureLevelRecord (12): a feature was finalized at a level. */
import { int16, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const FeatureLevelRecord = defineRecord({
  id: 12,
  name: 'FeatureLevelRecord',
  versions: '0',
  flexible: 0,
  fields: {
    name: string(),
    featureLevel: int16(),
  },
})

export interface FeatureLevelRecord extends Decoded<typeof FeatureLevelRecord> {}
