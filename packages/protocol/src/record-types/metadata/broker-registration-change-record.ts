/**
 * BrokerRegistrationChangeRecord (17): a broker's registration changed: fenced, shutting down, log directories.
 *
 * Versions:
 * - 1: adds inControlledShutdown.
 * - 2: adds logDirs.
 * - 3: adds cordonedLogDirs.
 */
import { array, int8, int32, int64, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const BrokerRegistrationChangeRecord = defineRecord({
  id: 17,
  name: 'BrokerRegistrationChangeRecord',
  versions: '0-3',
  flexible: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    fenced: int8({ tag: 0 }),
    inControlledShutdown: int8({ v: '1+', tag: 1 }),
    logDirs: array(uuid(), { v: '2+', tag: 2 }),
    cordonedLogDirs: array(uuid(), { v: '3+', nullable: '3+', tag: 3, default: null }),
  },
})

export interface BrokerRegistrationChangeRecord extends Decoded<typeof BrokerRegistrationChangeRecord> {}
