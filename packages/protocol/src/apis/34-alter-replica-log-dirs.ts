/**
 * AlterReplicaLogDirs (34): moves this broker's replicas between its log directories.
 *
 * Versions 1 to 2, flexible from 2. What changed:
 * - 2: flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, string } from '../schema/field.ts'

export const AlterReplicaLogDirs = defineApi({
  key: 34,
  name: 'AlterReplicaLogDirs',
  route: 'broker',
  versions: '1-2',
  flexible: 2,
  request: {
    dirs: array({
      path: string(),
      topics: array({
        name: string(),
        partitions: array(int32()),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      topicName: string(),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
})

export interface AlterReplicaLogDirsRequest extends Request<typeof AlterReplicaLogDirs> {}
export interface AlterReplicaLogDirsResponse extends Response<typeof AlterReplicaLogDirs> {}
