/** ZkMigrationStateRecord (21): the state of a migration from ZooKeeper. */
import { int8 } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const ZkMigrationStateRecord = defineRecord({
  id: 21,
  name: 'ZkMigrationStateRecord',
  versions: '0',
  flexible: 0,
  fields: {
    zkMigrationState: int8(),
  },
})

export interface ZkMigrationStateRecord extends Decoded<typeof ZkMigrationStateRecord> {}
