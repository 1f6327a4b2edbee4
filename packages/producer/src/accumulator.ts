/** Collects records into batches, a queue for each partition, within a bound on what is buffered. No IO. */
import type { Clock, Random } from '@millrace/base'
import type { RecordBytes, RecordHeaderInput } from '@millrace/protocol'
import { Batch } from './batch.ts'
import { PartitionQueue } from './partition-queue.ts'
import { keyedPartition, type Partitioner, type PartitionLoad, StickyPartitioner } from './partitioner.ts'

/** A record whose key and value are bytes or text. */
export interface EncodedRecord {
  readonly key: RecordBytes
  readonly value: RecordBytes
  readonly headers: readonly RecordHeaderInput[] | undefined
  readonly timestamp: number
  /** Where the caller wants it. */
  readonly partition: number | undefined
}

/** The queues of one topic. */
export interface TopicQueues {
  readonly name: string
  readonly queues: PartitionQueue[]
  readonly sticky: StickyPartitioner
}

export interface AccumulatorEvents {
  /** A batch began: it lingers from now on. */
  readonly onOpened: (queue: PartitionQueue, batch: Batch) => void
  /** A batch is full. */
  readonly onClosed: (queue: PartitionQueue, batch: Batch) => void
}

export interface AccumulatorOptions {
  readonly batchSizeMax: number
  readonly clock: Clock
  readonly random: Random
  /** Undefined: by the key, else sticky. */
  readonly partitioner: Partitioner | undefined
  readonly events: AccumulatorEvents
}

/** More than a batch's last record may reserve beyond it. */
const hintSlack = 1024

export class Accumulator {
  readonly #options: AccumulatorOptions
  readonly #topics = new Map<string, TopicQueues>()
  /** Handed to the batch builder for each record: it keeps nothing of it. */
  readonly #record: {
    timestamp: number
    key: RecordBytes
    value: RecordBytes
    headers: readonly RecordHeaderInput[] | undefined
  } = { timestamp: 0, key: null, value: null, headers: undefined }
  #bufferedSize = 0

  constructor(options: AccumulatorOptions) {
    this.#options = options
  }

  /** Bytes in batches that are not settled, and what was {@link reserve}d. */
  get bufferedSize(): number {
    return this.#bufferedSize
  }

  /** Counts bytes that wait outside of batches; negative gives them back. */
  reserve(size: number): void {
    this.#bufferedSize += size
  }

  topic(name: string): TopicQueues | undefined {
    return this.#topics.get(name)
  }

  topics(): Iterable<TopicQueues> {
    return this.#topics.values()
  }

  /** The queues of a topic that has `partitionCount` partitions or more; made or added to as needed. */
  ensureTopic(name: string, partitionCount: number): TopicQueues {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      const sticky = new StickyPartitioner(this.#options.random, Math.max(1, this.#options.batchSizeMax))
      topic = { name, queues: [], sticky }
      this.#topics.set(name, topic)
    }
    for (let partition = topic.queues.length; partition < partitionCount; partition++) {
      topic.queues.push(new PartitionQueue(name, partition))
    }
    return topic
  }

  /** The partition for a record; undefined when the caller named one that does not exist. Throws what a partitioner throws. */
  partitionFor(topic: TopicQueues, record: EncodedRecord): PartitionQueue | undefined {
    if (record.partition !== undefined) return topic.queues[record.partition]
    const { key, value } = record
    const { partitioner } = this.#options
    if (partitioner !== undefined) {
      const { name, queues } = topic
      const partitions = {
        count: queues.length,
        get available() {
          return queues.filter(({ node }) => node >= 0).map(({ partition }) => partition)
        },
      }
      return queues[partitioner({ topic: name, key, value }, partitions)]
    }
    const partition =
      key === null ? topic.sticky.choose(() => loadsOf(topic)) : keyedPartition(key, topic.queues.length)
    return topic.queues[partition]
  }

  /**
   * Appends to the open batch of `queue`, or to a new one: the batch it is in now, as its last record. Throws RangeError for a
   * timestamp that is none.
   *
   * @param order the place of the record in the order of acceptance
   */
  append(topic: TopicQueues, queue: PartitionQueue, record: EncodedRecord, order: number): Batch {
    const input = this.#record
    input.timestamp = record.timestamp
    input.key = record.key
    input.value = record.value
    input.headers = record.headers
    const { batchSizeMax, events } = this.#options
    let batch = queue.open
    if (batch?.builder?.append(input, batchSizeMax) !== true) {
      const full = queue.close()
      if (full !== undefined) events.onClosed(queue, full)
      batch = this.#openBatch(queue, order)
      batch.builder?.append(input)
      queue.open = batch
      events.onOpened(queue, batch)
    }
    this.#account(topic, queue, batch, record)
    return batch
  }

  /** A batch is settled. */
  release(batch: Batch): void {
    this.#bufferedSize -= batch.bufferedSize
    batch.bufferedSize = 0
  }

  #openBatch(queue: PartitionQueue, order: number): Batch {
    const { batchSizeMax, clock } = this.#options
    const sizeHint = Math.min(queue.lastBatchSize, batchSizeMax) + hintSlack
    return new Batch(queue.topic, queue.partition, order, clock.monotonic(), sizeHint)
  }

  #account(topic: TopicQueues, queue: PartitionQueue, batch: Batch, record: EncodedRecord): void {
    const { size } = batch
    const grown = size - batch.bufferedSize
    batch.bufferedSize = size
    batch.recordCount++
    this.#bufferedSize += grown
    const isFull = size >= this.#options.batchSizeMax
    if (record.key === null && record.partition === undefined) {
      topic.sticky.onAppended(grown, isFull || queue.closed.length > 0)
    }
    if (!isFull) return
    queue.close()
    this.#options.events.onClosed(queue, batch)
  }
}

function loadsOf({ queues }: TopicQueues): readonly PartitionLoad[] {
  const available = queues.filter((queue) => queue.node >= 0)
  return available.length > 0 ? available : queues
}
