/**
 * BrokerRegistration (62): registers a broker after its start.
 *
 * Versions 0 to 4, all flexible. What changed:
 * - 1: request adds isMigratingZkBroker.
 * - 2: request adds logDirs.
 * - 3: request adds previousBrokerEpoch.
 * - 4: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int16, int32, int64, string, uint16, uuid } from '../schema/field.ts'

export const BrokerRegistration = defineApi({
  key: 62,
  name: 'BrokerRegistration',
  route: 'controller',
  versions: '0-4',
  flexible: 0,
  listeners: ['controller'],
  clusterAction: true,
  request: {
    brokerId: int32(),
    clusterId: string(),
    incarnationId: uuid(),
    listeners: array({
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
    isMigratingZkBroker: bool({ v: '1+' }),
    logDirs: array(uuid(), { v: '2+', ignorable: true }),
    previousBrokerEpoch: int64({ v: '3+', default: -1, ignorable: true }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    brokerEpoch: int64({ default: -1 }),
  },
})

export interface BrokerRegistrationRequest extends Request<typeof BrokerRegistration> {}
export interface BrokerRegistrationResponse extends Response<typeof BrokerRegistration> {}
export interface BrokerRegistrationListener extends Item<BrokerRegistrationRequest['listeners']> {}
export interface BrokerRegistrationFeature extends Item<BrokerRegistrationRequest['features']> {}
