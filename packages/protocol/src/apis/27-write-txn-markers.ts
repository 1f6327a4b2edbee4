/**
 * WriteTxnMarkers (27): tells partition leaders how a transaction ended.
 *
 * Versions 1 to 2, all flexible. What changed:
 * - 2: request adds markers[].transactionVersion.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, int64, string } from '../schema/field.ts'

export const WriteTxnMarkers = defineApi({
  key: 27,
  name: 'WriteTxnMarkers',
  route: 'leader',
  versions: '1-2',
  flexible: 1,
  clusterAction: true,
  request: {
    markers: array({
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: bool(),
      topics: array({
        name: string(),
        partitionIndexes: array(int32()),
      }),
      coordinatorEpoch: int32(),
      transactionVersion: int8({ v: '2+', ignorable: true }),
    }),
  },
  response: {
    markers: array({
      producerId: int64(),
      topics: array({
        name: string(),
        partitions: array({ partitionIndex: int32(), errorCode: int16() }),
      }),
    }),
  },
})

export interface WriteTxnMarkersRequest extends Request<typeof WriteTxnMarkers> {}
export interface WriteTxnMarkersResponse extends Response<typeof WriteTxnMarkers> {}
export interface WritableTxnMarker extends Item<WriteTxnMarkersRequest['markers']> {}
export interface WritableTxnMarkerResult extends Item<WriteTxnMarkersResponse['markers']> {}
