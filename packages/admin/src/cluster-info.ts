/** What a cluster says about itself: brokers, disks, producers, the metadata quorum. */
import type { Cluster } from '@millrace/client'
import {
  AlterReplicaLogDirs,
  DescribeCluster,
  DescribeLogDirs,
  DescribeProducers,
  DescribeQuorum,
  ErrorCode,
} from '@millrace/protocol'
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
  /** Of the volume; -1 where the broker does not say. */
  readonly totalBytes: number
  /** What can still be written to the volume; -1 where the broker does not say. */
  readonly usableBytes: number
  readonly partitions: readonly LogDirectoryPartition[]
}

export interface LogDirectoryPartition extends TopicPartition {
  readonly size: number
  /** It is being moved here: this is the copy, and the replica is still in another directory. */
  readonly isFuture: boolean
  /** Offsets that the copy is behind the replica; for others, how far the log's end is ahead of what is committed. */
  readonly offsetLag: number
}

/** A replica, and the log directory of its broker that it is to move to. */
export interface ReplicaMove extends TopicPartition {
  readonly brokerId: number
  /** As the broker's `log.dirs` has it. */
  readonly directory: string
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
      response.results.map(({ errorCode, logDir, topics, totalBytes, usableBytes }) =>
        resultOf(errorCode, `The log directory ${logDir} of broker ${node}`, DescribeLogDirs.name, null, () => ({
          path: logDir,
          totalBytes,
          usableBytes,
          partitions: topics.flatMap(({ name, partitions }) =>
            partitions.map(({ partitionIndex, partitionSize, isFutureKey, offsetLag }) => ({
              topic: name,
              partition: partitionIndex,
              size: partitionSize,
              isFuture: isFutureKey,
              offsetLag,
            })),
          ),
        })),
      ),
    )
  }
  return found
}

/** Moves replicas between the log directories of their brokers. Keys of the result are `topic-partition-brokerId`. */
export async function alterReplicaLogDirs(
  cluster: Cluster,
  moves: readonly ReplicaMove[],
  options: OperationOptions = {},
): Promise<Results<void>> {
  const byBroker = new Map<number, ReplicaMove[]>()
  for (const move of moves) byBroker.set(move.brokerId, [...(byBroker.get(move.brokerId) ?? []), move])
  // That a replica or a directory is not there, or does not work, is an answer: it is not asked for again.
  const answers = await Promise.all([...byBroker].map(([node, own]) => moveOn(cluster, node, own, options)))
  return new Map(answers.flatMap((answer) => [...answer]))
}

const moveKey = ({ topic, partition, brokerId }: ReplicaMove) => `${topic}-${partition}-${brokerId}`

async function moveOn(
  cluster: Cluster,
  node: number,
  moves: readonly ReplicaMove[],
  options: OperationOptions,
): Promise<Results<void>> {
  const directories = new Map<string, Map<string, number[]>>()
  for (const { directory, topic, partition } of moves) {
    const topics = directories.get(directory) ?? new Map<string, number[]>()
    directories.set(directory, topics)
    topics.set(topic, [...(topics.get(topic) ?? []), partition])
  }
  const dirs = Array.from(directories, ([path, topics]) => ({
    path,
    topics: Array.from(topics, ([name, partitions]) => ({ name, partitions })),
  }))
  const response = await ask(cluster, AlterReplicaLogDirs, { dirs }, { ...options, node })
  return new Map(
    response.results.flatMap(({ topicName: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, errorCode }) => {
        const what = `Moving the replica of ${partitionKey({ topic, partition })} on broker ${node}`
        const result = resultOf<void>(errorCode, what, AlterReplicaLogDirs.name, null, () => undefined)
        return [moveKey({ topic, partition, brokerId: node, directory: '' }), result] as const
      }),
    ),
  )
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
