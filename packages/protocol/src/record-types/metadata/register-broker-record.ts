/**
 * RegisterBrokerRecord (0): a broker registered with the controller.
 *
 * Versions:
 * - 1: adds inControlledShutdown.
 * - 2: adds isMigratingZkBroker.
 * - 3: adds logDirs.
 * - 4: adds cordonedLogDirs.
 */
import { array, bool, int16, int32, int64, string, uint16, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RegisterBrokerRecord = defineRecord({
  id: 0,
  name: 'RegisterBrokerRecord',
  versions: '0-4',
  flexible: 0,
  fields: {
    brokerId: int32(),
    isMigratingZkBroker: bool({ v: '2+' }),
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: array({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
    rack: string({ nullable: '0+' }),
    fenced: bool({ default: true }),
    inControlledShutdown: bool({ v: '1+' }),
    logDirs: array(uuid(), { v: '3+', tag: 0 }),
    cordonedLogDirs: array(uuid(), { v: '4+', nullable: '4+', tag: 1, default: null }),
  },
})

export interface RegisterBrokerRecord extends Decoded<typeof RegisterBrokerRecord> {}
