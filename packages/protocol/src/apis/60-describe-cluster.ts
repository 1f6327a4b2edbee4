/**
 * DescribeCluster (60): tells the brokers or controllers of the cluster.
 *
 * Versions 0 to 2, all flexible. What changed:
 * - 1: request adds endpointType; response adds endpointType.
 * - 2: request adds includeFencedBrokers; response adds brokers[].isFenced.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, string } from '../schema/field.ts'

export const DescribeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  route: 'any',
  versions: '0-2',
  flexible: 0,
  listeners: ['broker', 'controller'],
  request: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ v: '1+', default: 1 }),
    includeFencedBrokers: bool({ v: '2+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    endpointType: int8({ v: '1+', default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: string({ nullable: '0+', default: null }),
      isFenced: bool({ v: '2+' }),
    }),
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
})

export interface DescribeClusterRequest extends Request<typeof DescribeCluster> {}
export interface DescribeClusterResponse extends Response<typeof DescribeCluster> {}
export interface DescribeClusterBroker extends Item<DescribeClusterResponse['brokers']> {}
