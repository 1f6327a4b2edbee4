/**
 * Metadata (3): tells brokers, topics, partitions and their leaders.
 *
 * Versions 0 to 13, flexible from 9. What changed:
 * - 1: request allows null for topics; response adds brokers[].rack, controllerId, topics[].isInternal.
 * - 2: response adds clusterId.
 * - 3: response adds throttleTimeMs.
 * - 4: request adds allowAutoTopicCreation.
 * - 5: response adds topics[].partitions[].offlineReplicas.
 * - 7: response adds topics[].partitions[].leaderEpoch.
 * - 8: request adds includeClusterAuthorizedOperations, includeTopicAuthorizedOperations; response adds
 *   topics[].topicAuthorizedOperations, clusterAuthorizedOperations.
 * - 9: flexible.
 * - 10: request adds topics[].topicId; allows null for topics[].name; response adds topics[].topicId.
 * - 11: request drops includeClusterAuthorizedOperations; response drops clusterAuthorizedOperations.
 * - 12: response allows null for topics[].name.
 * - 13: response adds errorCode.
 * - 6: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int16, int32, string, uuid } from '../schema/field.ts'

export const Metadata = defineApi({
  key: 3,
  name: 'Metadata',
  route: 'any',
  versions: '0-13',
  flexible: 9,
  request: {
    topics: array(
      {
        topicId: uuid({ v: '10+', ignorable: true }),
        name: string({ nullable: '10+' }),
      },
      { nullable: '1+' },
    ),
    allowAutoTopicCreation: bool({ v: '4+', default: true }),
    includeClusterAuthorizedOperations: bool({ v: '8-10' }),
    includeTopicAuthorizedOperations: bool({ v: '8+' }),
  },
  response: {
    throttleTimeMs: int32({ v: '3+', ignorable: true }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ v: '1+', nullable: '1+', default: null, ignorable: true }),
    }),
    clusterId: string({ v: '2+', nullable: '2+', default: null, ignorable: true }),
    controllerId: int32({ v: '1+', default: -1, ignorable: true }),
    topics: array({
      errorCode: int16(),
      name: string({ nullable: '12+' }),
      topicId: uuid({ v: '10+', ignorable: true }),
      isInternal: bool({ v: '1+', ignorable: true }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ v: '7+', default: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { v: '5+', ignorable: true }),
      }),
      topicAuthorizedOperations: int32({ v: '8+', default: -2147483648 }),
    }),
    clusterAuthorizedOperations: int32({ v: '8-10', default: -2147483648 }),
    errorCode: int16({ v: '13+', ignorable: true }),
  },
})

export interface MetadataRequest extends Request<typeof Metadata> {}
export interface MetadataResponse extends Response<typeof Metadata> {}
export interface MetadataRequestTopic extends Item<MetadataRequest['topics']> {}
export interface MetadataResponseBroker extends Item<MetadataResponse['brokers']> {}
export interface MetadataResponseTopic extends Item<MetadataResponse['topics']> {}
export interface MetadataResponsePartition extends Item<MetadataResponseTopic['partitions']> {}
