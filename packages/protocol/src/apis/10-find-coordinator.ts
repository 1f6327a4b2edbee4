/**
 * FindCoordinator (10): names the broker that coordinates a group, transaction or share partition.
 *
 * Versions 0 to 6, flexible from 3. What changed:
 * - 1: request adds keyType; response adds throttleTimeMs, errorMessage.
 * - 3: flexible.
 * - 4: request adds coordinatorKeys; drops key; response adds coordinators; drops errorCode, errorMessage, nodeId,
 *   host, port.
 * - 2, 5, 6: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int8, int16, int32, string } from '../schema/field.ts'

export const FindCoordinator = defineApi({
  key: 10,
  name: 'FindCoordinator',
  route: 'any',
  versions: '0-6',
  flexible: 3,
  request: {
    key: string({ v: '0-3' }),
    keyType: int8({ v: '1+' }),
    coordinatorKeys: array(string(), { v: '4+' }),
  },
  response: {
    throttleTimeMs: int32({ v: '1+', ignorable: true }),
    errorCode: int16({ v: '0-3' }),
    errorMessage: string({ v: '1-3', nullable: '1-3', ignorable: true }),
    nodeId: int32({ v: '0-3' }),
    host: string({ v: '0-3' }),
    port: int32({ v: '0-3' }),
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '4+' }),
      },
      { v: '4+' },
    ),
  },
})

export interface FindCoordinatorRequest extends Request<typeof FindCoordinator> {}
export interface FindCoordinatorResponse extends Response<typeof FindCoordinator> {}
export interface FindCoordinatorResponseCoordinator extends Item<FindCoordinatorResponse['coordinators']> {}
