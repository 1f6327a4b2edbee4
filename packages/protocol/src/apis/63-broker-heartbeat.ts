/**
 * BrokerHeartbeat (63): keeps a broker registered and moves it between fenced, unfenced and shutdown.
 *
 * Versions 0 to 2, all flexible. What changed:
 * - 1: request adds offlineLogDirs.
 * - 2: request adds cordonedLogDirs.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, int16, int32, int64, uuid } from '../schema/field.ts'

export const BrokerHeartbeat = defineApi({
  key: 63,
  name: 'BrokerHeartbeat',
  route: 'controller',
  versions: '0-2',
  flexible: 0,
  listeners: ['controller'],
  clusterAction: true,
  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    currentMetadataOffset: int64(),
    wantFence: bool(),
    wantShutDown: bool(),
    offlineLogDirs: array(uuid(), { v: '1+', tag: 0 }),
    cordonedLogDirs: array(uuid(), { v: '2+', nullable: '2+', tag: 1, default: null }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    isCaughtUp: bool(),
    isFenced: bool({ default: true }),
    shouldShutDown: bool(),
  },
})

export interface BrokerHeartbeatRequest extends Request<typeof BrokerHeartbeat> {}
export interface BrokerHeartbeatResponse extends Response<typeof BrokerHeartbeat> {}
