/** RegisterControllerRecord (27): a controller registered. */
import { array, bool, int16, int32, string, uint16, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RegisterControllerRecord = defineRecord({
  id: 27,
  name: 'RegisterControllerRecord',
  versions: '0',
  flexible: 0,
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
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
  },
})

export interface RegisterControllerRecord extends Decoded<typeof RegisterControllerRecord> {}
