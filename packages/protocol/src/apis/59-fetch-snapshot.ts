/**
 * FetchSnapshot (59): reads a piece of a snapshot of the metadata log.
 *
 * Versions 0 to 1, all flexible. What changed:
 * - 1: request adds topics[].partitions[].replicaDirectoryId; response adds nodeEndpoints.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, int64, records, string, struct, uint16, uuid } from '../schema/field.ts'

export const FetchSnapshot = defineApi({
  key: 59,
  name: 'FetchSnapshot',
  route: 'broker',
  versions: '0-1',
  flexible: 0,
  listeners: ['controller'],
  request: {
    clusterId: string({ nullable: '0+', tag: 0, default: null }),
    replicaId: int32({ default: -1 }),
    maxBytes: int32({ default: 0x7fffffff }),
    topics: array({
      name: string(),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32(),
        snapshotId: struct({ endOffset: int64(), epoch: int32() }),
        position: int64(),
        replicaDirectoryId: uuid({ v: '1+', tag: 0, ignorable: true }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: array({
      name: string(),
      partitions: array({
        index: int32(),
        errorCode: int16(),
        snapshotId: struct({ endOffset: int64(), epoch: int32() }),
        currentLeader: struct({ leaderId: int32(), leaderEpoch: int32() }, { tag: 0 }),
        size: int64(),
        position: int64(),
        unalignedRecords: records(),
      }),
    }),
    nodeEndpoints: array({ nodeId: int32(), host: string(), port: uint16() }, { v: '1+', tag: 0 }),
  },
})

export interface FetchSnapshotRequest extends Request<typeof FetchSnapshot> {}
export interface FetchSnapshotResponse extends Response<typeof FetchSnapshot> {}
