/** What a cluster says about itself: brokers, disks, producers, the metadata quorum. */
import type { Cluster } from '@millrace/client'
import { DescribeCluster, DescribeLogDirs, DescribeProducers, DescribeQuorum, ErrorCode } from '@millrace/protocol'
import { ask, askOnce, type OperationOptions, retry } from './operation.ts'
import { type Result, type Results, resultOf } from './result.ts'
import { askLeaders, partitionKey, type TopicPartition } from './topics.ts'

/** A cluster and its brokers, by ascending id. */
export interface ClusterDescription {
  readonly clusterId: string
  /** A broker that passes requests on to the controller. */
  readonly controllerId: number
  readonly brokers: readonly {
    readonly id: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[]
}

/** A directory of logs on a broker; sizes in bytes. */
export interface LogDirectory {
  readonly path: string
  readonly partitions: readonly (TopicPartition & { readonly size: number })[]
}

/** A producer that a partition's leader remembers, to tell duplicates from new records. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestamp: number
  /** -1 when no transaction is open. */
  readonly transactionStartOffset: number
}

/** The metadata quorum, as its leader sees it. */
export interface QuorumDescription {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: readonly QuorumReplica[]
  readonly observers: readonly QuorumReplica[]
}

/** A node that has the metadata log, and where its copy ends. */
export interface QuorumReplica {
  readonly id: number
  readonly logEndOffset: number
}

export async function describeCluster(cluster: Cluster, options: OperationOptions = {}): Promise<ClusterDescription> {
  const response = await askOnce(
    cluster,
    DescribeCluster,
    {},
    'Describing the cluster',
    ({ errorCode, errorMessage }) => ({ code: errorCode, detail: errorMessage }),
    options,
  )
  const brokers = response.brokers.map(({ brokerId, host, port, rack }) => ({ id: brokerId, host, port, rack }))
  return {
    clusterId: response.clusterId,
    controllerId: response.controllerId,
    brokers: brokers.sort((a, b) => a.id - b.id),
  }
}

/** The log directories of each broker, by its id; sizes in bytes. */
export async function describeLogDirs(
  cluster: Cluster,
  options: OperationOptions = {},
): Promise<ReadonlyMap<number, readonly Result<LogDirectory>[]>> {
  const signal = options.signal === undefined ? {} : { signal: options.signal }
  const { brokers } = await retry(cluster, () => cluster.metadata([], signal), options)
  const found = new Map<number, readonly Result<LogDirectory>[]>()
  for (const node of brokers.keys()) {
    const response = await ask(cluster, DescribeLogDirs, { topics: null }, { ...options, node })
    found.set(
      node,
      response.results.map(({ errorCode, logDir, topics }) =>
        resultOf(errorCode, `The log directory ${logDir} of broker ${node}`, DescribeLogDirs.name, null, () => ({
          path: logDir,
          partitions: topics.flatMap(({ name, partitions }) =>
            partitions.map(({ partitionIndex, partitionSize }) => ({
              topic: name,
              partition: partitionIndex,
              size: partitionSize,
            })),
          ),
        })),
      ),
    )
  }
  return found
}

/** Who writes to partitions with sequence numbers. */
export function describeProducers(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  options: OperationOptions = {},
): Promise<Results<readonly ActiveProducer[]>> {
  return askLeaders(cluster, partitions, options, async (node, items, timeoutMs) => {
    const topics = items.map(({ topic, partition }) => ({ name: topic, partitionIndexes: [partition] }))
    const response = await cluster.send(DescribeProducers, { topics }, { ...options, node, timeoutMs })
    return response.topics.flatMap(({ name, partitions: answers }) =>
      answers.map(({ partitionIndex, errorCode, errorMessage, activeProducers }) => {
        const key = partitionKey({ topic: name, partition: partitionIndex })
        const producers = () =>
          activeProducers.map(({ producerId, producerEpoch, lastSequence, lastTimestamp, currentTxnStartOffset }) => {
            return {
              producerId,
              producerEpoch,
              lastSequence,
              lastTimestamp,
              transactionStartOffset: currentTxnStartOffset,
            }
          })
        const what = `Describing the producers of ${key}`
        return [key, resultOf(errorCode, what, DescribeProducers.name, errorMessage, producers)] as const
      }),
    )
  })
}

export async function describeQuorum(cluster: Cluster, options: OperationOptions = {}): Promise<QuorumDescription> {
  const response = await askOnce(
    cluster,
    DescribeQuorum,
    { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
    'Describing the metadata quorum',
    ({ errorCode, topics }) => ({
      code: errorCode === ErrorCode.NONE ? (topics[0]?.partitions[0]?.errorCode ?? ErrorCode.NONE) : errorCode,
    }),
    options,
  )
  const partition = response.topics[0]?.partitions[0]
  const replica = ({ replicaId, logEndOffset }: { replicaId: number; logEndOffset: number }) => ({
    id: replicaId,
    logEndOffset,
  })
  return {
    leaderId: partition?.leaderId ?? -1,
    leaderEpoch: partition?.leaderEpoch ?? -1,
    highWatermark: partition?.highWatermark ?? -1,
    voters: partition?.currentVoters.map(replica) ?? [],
    observers: partition?.observers.map(replica) ?? [],
  }
}
