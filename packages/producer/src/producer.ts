/** The producer: takes records, hands them to the accumulator and the sender, and tells what became of them. */
import { type Deferred, deferred, type Timer, zeroUuid } from '@millrace/base'
import {
  abortedError,
  brokerError,
  Cluster,
  deliveryChannel,
  type MetadataSnapshot,
  MillraceError,
  type Topic,
  toMillraceError,
} from '@millrace/client'
import { ErrorCode, Metadata } from '@millrace/protocol'
import { Accumulator, type EncodedRecord, type TopicQueues } from './accumulator.ts'
import type { Batch } from './batch.ts'
import { Delivery, type RecordMetadata } from './delivery.ts'
import { Flushes } from './flushes.ts'
import { Interceptors } from './interceptor.ts'
import { type ProducerOptions, type ResolvedSettings, resolveSettings } from './options.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { ProduceError, produceError } from './produce-error.ts'
import { checkRecordSize, encodeRecord, type ProducerRecord } from './record.ts'
import { Sender } from './sender.ts'
import type { ProducerState } from './state.ts'
import { type Missing, type WaitingRecord, WaitingRecords, waitingMax } from './waiting-records.ts'

/** Parts of the buffer above which `enqueue` answers false, and below which `ready` resolves. */
const highWater = 0.75
const lowWater = 0.5
const expiryScanMs = 1000
/** Records given in one turn that share a reading of the clock: well below a millisecond's worth. */
const nowUseMax = 100

const nothing = () => {}

/** A rejection that is no unhandled one if nobody looks. */
function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error)
  promise.catch(nothing)
  return promise
}

/**
 * A producer. Idempotent, with acks from all in-sync replicas, unless told otherwise.
 *
 * ```ts
 * const producer = new Producer({ brokers: 'localhost:9092' })
 * const { partition, offset } = await producer.send('orders', { key: 'u1', value: 'three apples' })
 * await producer.close()
 * ```
 *
 * Records of one partition are written in the order of the calls. Whatever fails says by its `outcome` whether the record may
 * be in the log all the same.
 */
export class Producer {
  readonly #cluster: Cluster
  readonly #isOwner: boolean
  readonly #settings: ResolvedSettings
  readonly #accumulator: Accumulator
  readonly #sender: Sender
  readonly #interceptors: Interceptors
  readonly #counts = { acknowledgedRecords: 0, failedRecords: 0, batches: 0 }
  readonly #incomplete = new Set<Batch>()
  readonly #waiting: WaitingRecords
  readonly #lingering: { readonly queue: PartitionQueue; readonly batch: Batch }[] = []
  readonly #flushes = new Flushes<Batch | WaitingRecord>()
  readonly #untrack: (() => void)[] = []
  readonly #unwatch: () => void
  readonly #aborter = new AbortController()
  #order = 0
  #nowMs = 0
  /** How many more records may take it for the time. */
  #nowUseCount = 0
  readonly #forgetNow = () => {
    this.#nowUseCount = 0
  }
  #lingerTimer: Timer | undefined
  #expiryTimer: Timer | undefined
  #ready: Deferred<void> | undefined
  #unreported: { readonly error: ProduceError; recordCount: number } | undefined
  #closing: Promise<void> | undefined

  /** Connects with the first record. Throws {@link MillraceError} `invalid-argument`. */
  constructor(options: ProducerOptions) {
    this.#settings = resolveSettings(options)
    this.#isOwner = !('cluster' in options)
    this.#cluster = 'cluster' in options ? options.cluster : new Cluster(options)
    const { clock, random, logger } = this.#cluster
    this.#interceptors = new Interceptors(this.#settings.interceptors, logger)
    this.#accumulator = new Accumulator({
      batchSizeMax: this.#settings.batchSizeMax,
      clock,
      random,
      partitioner: this.#settings.partitioner,
      events: {
        onOpened: (queue, batch) => this.#onOpened(queue, batch),
        onClosed: (queue, batch) => this.#onBatchClosed(queue, batch),
      },
    })
    this.#waiting = new WaitingRecords({
      clock,
      maxBlockMs: this.#settings.maxBlockMs,
      hasRoom: () => this.#hasRoom,
      reserve: (size) => this.#accumulator.reserve(size),
      missing: (topic, record) => this.#missing(topic, record),
      ask: (topic, partition, timeoutMs) => this.#askForTopic(topic, partition, timeoutMs),
      append: (waiting) => this.#appendWaiting(waiting),
      onFailed: (waiting, error) => this.#onNeverAppended(waiting, error),
      onChanged: () => this.#resolveReady(),
    })
    this.#sender = new Sender(this.#cluster, this.#settings, {
      onSettled: (batch) => this.#onSettled(batch),
      onSplit: (batch, parts) => this.#onSplit(batch, parts),
      idOfTopic: (topic) => this.#cluster.snapshot.topics.get(topic)?.topicId ?? zeroUuid,
    })
    this.#unwatch = this.#cluster.watchMetadata((snapshot) => this.#onMetadata(snapshot))
  }

  /** Bytes that wait to be sent or acknowledged. */
  get bufferedSize(): number {
    return this.#accumulator.bufferedSize
  }

  /**
   * Sends a record; resolves once it is acknowledged. Waits for room when the buffer is full, up to `maxBlockMs`.
   *
   * Rejects with {@link ProduceError} once the record was accepted, and with {@link MillraceError}: `invalid-argument`,
   * `serialization`, `closed`, `buffer-full`, `aborted`. An abort ends the waiting; the record may still be written. A result
   * that nobody waits for is no unhandled rejection: `flush` reports it.
   */
  send<K = Uint8Array | string, V = Uint8Array | string>(
    topic: string | Topic<K, V>,
    record: ProducerRecord<K, V>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<RecordMetadata> {
    try {
      const { signal } = options
      if (signal?.aborted) throw abortedError(signal, 'Sending')
      const sent = this.#accept(topic, record)
      return signal === undefined ? sent : abortable(sent, signal)
    } catch (error) {
      return rejected(error)
    }
  }

  /**
   * Takes a record without a promise of its own: the fastest way. False: the buffer is getting full, `await ready()` before the
   * next one. Failures are reported by `onDeliveryFailed` and by the next `flush` or `close`.
   *
   * Throws {@link MillraceError}: `buffer-full` when the buffer is full (the record was not taken), `closed`,
   * `invalid-argument`, `serialization`.
   */
  enqueue<K = Uint8Array | string, V = Uint8Array | string>(
    topic: string | Topic<K, V>,
    record: ProducerRecord<K, V>,
  ): boolean {
    const { bufferSizeMax } = this.#settings
    this.#checkOpen()
    if (this.#accumulator.bufferedSize >= bufferSizeMax) {
      const message = `${bufferSizeMax} bytes are buffered (bufferSizeMax): await ready() when enqueue answers false`
      throw new MillraceError('buffer-full', message, { retriable: true })
    }
    const encoded = this.#encode(topic, record)
    const name = typeof topic === 'string' ? topic : topic.name
    const queues = this.#queuesAtOnce(name, encoded)
    if (queues === undefined) this.#waiting.add({ topic: name, record: encoded, order: this.#order++ }, false)
    else this.#append(queues, encoded, this.#order++)
    return this.#isBelow(highWater)
  }

  /** Resolves when `enqueue` has room again. Rejects with {@link MillraceError} `closed`. */
  ready(): Promise<void> {
    if (this.#closing !== undefined) return rejected(this.#closedError())
    if (this.#isBelow(highWater)) return Promise.resolve()
    this.#ready ??= deferred()
    return this.#ready.promise
  }

  /**
   * Sends what is buffered without lingering; resolves when every record accepted before the call is acknowledged. Rejects with
   * the first {@link ProduceError} since the last `flush` of records whose outcome nobody waits for.
   */
  async flush(): Promise<void> {
    await this.#drainBuffer()
    this.#throwUnreported()
  }

  /** What this producer is doing and has done, as of now: for monitoring. */
  state(): ProducerState {
    const { requestCount, retryCount } = this.#sender
    return {
      isClosed: this.isClosed,
      bufferedSize: this.#accumulator.bufferedSize,
      waitingRecords: this.#waiting.count,
      incompleteBatches: this.#incomplete.size,
      counts: { acceptedRecords: this.#order, ...this.#counts, requests: requestCount, retries: retryCount },
    }
  }

  /** Whether {@link close} was called. */
  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  /**
   * Takes no more records, flushes, and closes what it owns. After `timeoutMs` (default 30000) whatever is left fails with
   * `closed`. Rejects as `flush` does, once everything is closed.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? 30_000)
    return this.#closing
  }

  /** As {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #closedError(): MillraceError {
    return new MillraceError('closed', 'The producer has been closed')
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw this.#closedError()
  }

  #encode<K, V>(topic: string | Topic<K, V>, record: ProducerRecord<K, V>): EncodedRecord {
    const name = typeof topic === 'string' ? topic : topic.name
    const given = this.#interceptors.isEmpty ? record : this.#interceptors.onSend(name, record)
    const encoded = encodeRecord(topic, given, this.#now())
    checkRecordSize(name, encoded, this.#settings.recordSizeMax)
    return encoded
  }

  /** The wall clock, read once for a run of records that are given without a pause: asking for each costs a tenth of the rate. */
  #now(): number {
    if (this.#nowUseCount === 0) {
      this.#nowMs = this.#cluster.clock.now()
      this.#nowUseCount = nowUseMax
      queueMicrotask(this.#forgetNow)
    }
    this.#nowUseCount--
    return this.#nowMs
  }

  #accept<K, V>(topic: string | Topic<K, V>, record: ProducerRecord<K, V>): Promise<RecordMetadata> {
    this.#checkOpen()
    const encoded = this.#encode(topic, record)
    const name = typeof topic === 'string' ? topic : topic.name
    const queues = this.#queuesAtOnce(name, encoded)
    if (queues === undefined || !this.#hasRoom) {
      const waiting = { topic: name, record: encoded, order: this.#order++ }
      return this.#waiting.add(waiting, true) as Promise<RecordMetadata>
    }
    const batch = this.#append(queues, encoded, this.#order++)
    return new Delivery(batch, batch.recordCount - 1, encoded.timestamp)
  }

  #append(topic: TopicQueues, record: EncodedRecord, order: number): Batch {
    return this.#accumulator.append(topic, this.#queueFor(topic, record), record, order)
  }

  #queueFor(topic: TopicQueues, record: EncodedRecord): PartitionQueue {
    const refused = (message: string, cause?: unknown) =>
      new ProduceError('invalid-argument', message, { topic: topic.name, outcome: 'not-written' }, { cause })
    let queue: PartitionQueue | undefined
    try {
      queue = this.#accumulator.partitionFor(topic, record)
    } catch (cause) {
      throw refused(`The partitioner failed for a record of ${topic.name}: ${(cause as Error).message}`, cause)
    }
    if (queue !== undefined) return queue
    const has = `${topic.name} has ${topic.queues.length} partitions`
    throw refused(`The partitioner chose a partition that is not there: ${has}`)
  }

  get #hasRoom(): boolean {
    return this.#accumulator.bufferedSize < this.#settings.bufferSizeMax
  }

  #missing(topic: string, { partition }: EncodedRecord): Missing | undefined {
    const queues = this.#accumulator.topic(topic)?.queues
    if (queues === undefined) return 'topic'
    return partition !== undefined && partition >= queues.length ? 'partition' : undefined
  }

  /** The queues of a topic, when the record goes into a batch at once: its place is known and nobody who came first waits. */
  #queuesAtOnce(topic: string, record: EncodedRecord): TopicQueues | undefined {
    const queues = this.#accumulator.topic(topic)
    if (queues === undefined) return undefined
    const { partition } = record
    if (partition !== undefined && partition >= queues.queues.length) return undefined
    return this.#waiting.isAheadOf(topic, partition) ? undefined : queues
  }

  async #askForTopic(name: string, partition: number | undefined, timeoutMs: number): Promise<void> {
    const { signal } = this.#aborter
    const what = `Asking for topic ${name}`
    const attempt = async () => {
      const { topics } = await this.#cluster.metadata([name], { allowAutoTopicCreation: true, signal })
      const topic = topics.get(name)
      const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      if (code !== ErrorCode.NONE) throw brokerError(code, what, Metadata.name)
      if (topic === undefined || topic.partitions.length === 0) {
        throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, what, Metadata.name, 'no partitions yet')
      }
      if (partition !== undefined && partition >= topic.partitions.length) {
        const detail = `no partition ${partition}, there are ${topic.partitions.length} (waited ${timeoutMs} ms for it)`
        throw brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, what, Metadata.name, detail)
      }
    }
    try {
      await this.#cluster.retry(attempt, { timeoutMs, signal })
    } catch (error) {
      throw toMillraceError(error, what)
    }
    if (this.#aborter.signal.aborted) throw this.#closedError()
    if (this.#accumulator.topic(name) === undefined) this.#untrack.push(this.#cluster.trackTopics([name]))
    this.#accumulator.ensureTopic(name, this.#cluster.partitionsOf(name)?.length ?? 0)
    this.#onMetadata(this.#cluster.snapshot)
  }

  #appendWaiting(waiting: WaitingRecord): void {
    const { topic, record, order, done } = waiting
    try {
      const batch = this.#append(this.#accumulator.topic(topic) as TopicQueues, record, order)
      this.#flushes.replace(waiting, [batch])
      done?.resolve(new Delivery(batch, batch.recordCount - 1, record.timestamp))
    } catch (error) {
      const reason = toMillraceError(error, 'Appending')
      const failure = reason instanceof ProduceError ? reason : produceError(reason, topic, undefined, 'not-written')
      this.#onNeverAppended(waiting, failure)
    }
  }

  #onNeverAppended(waiting: WaitingRecord, error: ProduceError): void {
    if (waiting.done === undefined) this.#onLost(error, 1, 1)
    else waiting.done.reject(error)
    this.#flushes.finish(waiting)
  }

  #onOpened(queue: PartitionQueue, batch: Batch): void {
    this.#incomplete.add(batch)
    this.#armExpiryTimer()
    const { lingerMs } = this.#settings
    if (lingerMs === 0 || !this.#flushes.isEmpty) {
      this.#sender.offerSoon(queue)
      return
    }
    this.#lingering.push({ queue, batch })
    this.#lingerTimer ??= this.#cluster.clock.schedule(lingerMs, () => this.#onLingered())
  }

  #onLingered(): void {
    const { clock } = this.#cluster
    const { lingerMs } = this.#settings
    const now = clock.monotonic()
    let overCount = 0
    for (const { queue, batch } of this.#lingering) {
      if (batch.createdAtMs + lingerMs > now) break
      overCount++
      if (queue.open === batch) this.#sender.offerSoon(queue)
    }
    this.#lingering.splice(0, overCount)
    const [next] = this.#lingering
    const restMs = next === undefined ? 0 : next.batch.createdAtMs + lingerMs - now
    this.#lingerTimer = next === undefined ? undefined : clock.schedule(restMs, () => this.#onLingered())
  }

  #onBatchClosed(queue: PartitionQueue, batch: Batch): void {
    this.#sender.onClosed(queue, batch)
    this.#sender.offer(queue)
  }

  #onMetadata(snapshot: MetadataSnapshot): void {
    let isLeaderless = false
    for (const topic of this.#accumulator.topics()) {
      const known = snapshot.topics.get(topic.name)
      if (known === undefined || known.errorCode !== ErrorCode.NONE) {
        isLeaderless ||= topic.queues.some((queue) => !queue.isIdle)
        continue
      }
      this.#accumulator.ensureTopic(topic.name, known.partitions.length)
      for (const queue of topic.queues) {
        const leader = known.partitions[queue.partition]?.leader ?? -1
        this.#sender.move(queue, leader)
        if (leader < 0 && !queue.isIdle) isLeaderless = true
      }
    }
    if (isLeaderless) this.#cluster.refreshMetadataSoon()
  }

  #onSplit(batch: Batch, parts: readonly Batch[]): void {
    this.#incomplete.delete(batch)
    for (const part of parts) this.#incomplete.add(part)
    this.#flushes.replace(batch, parts)
  }

  #onSettled(batch: Batch): void {
    this.#incomplete.delete(batch)
    this.#accumulator.release(batch)
    this.#reportOutcome(batch)
    this.#flushes.finish(batch)
    if (this.#waiting.count > 0) this.#waiting.admit()
    this.#resolveReady()
  }

  #reportOutcome(batch: Batch): void {
    const { topic, partition, recordCount, failure, baseOffset } = batch
    this.#counts.batches++
    if (failure === undefined) this.#counts.acknowledgedRecords += recordCount
    else {
      this.#counts.failedRecords += recordCount
      this.#onLost(failure, recordCount, batch.unwatchedCount)
    }
    if (this.#interceptors.isEmpty && !deliveryChannel.hasSubscribers) return
    const report = { topic, partition, recordCount, baseOffset, error: failure }
    this.#interceptors.onDelivered(report)
    if (deliveryChannel.hasSubscribers) deliveryChannel.publish({ clientId: this.#cluster.clientId, ...report })
  }

  #isBelow(part: number): boolean {
    return (
      this.#accumulator.bufferedSize < this.#settings.bufferSizeMax * part && this.#waiting.count < waitingMax * part
    )
  }

  #resolveReady(): void {
    if (this.#ready === undefined || !this.#isBelow(lowWater)) return
    this.#ready.resolve()
    this.#ready = undefined
  }

  #onLost(error: ProduceError, recordCount: number, unwatchedCount: number): void {
    this.#settings.onDeliveryFailed?.(error, recordCount)
    if (unwatchedCount === 0) return
    this.#unreported ??= { error, recordCount: 0 }
    this.#unreported.recordCount += unwatchedCount
  }

  #throwUnreported(): void {
    const unreported = this.#unreported
    this.#unreported = undefined
    if (unreported !== undefined) throw unreported.error
  }

  #armExpiryTimer(): void {
    if (this.#expiryTimer !== undefined || this.#incomplete.size === 0) return
    const { clock } = this.#cluster
    const waitMs = Math.min(expiryScanMs, this.#settings.deliveryTimeoutMs)
    this.#expiryTimer = clock.schedule(waitMs, () => {
      this.#expiryTimer = undefined
      this.#expire()
      this.#armExpiryTimer()
    })
  }

  #expire(): void {
    const { deliveryTimeoutMs } = this.#settings
    const now = this.#cluster.clock.monotonic()
    const due = [...this.#incomplete].filter((batch) => batch.createdAtMs + deliveryTimeoutMs <= now)
    if (due.length === 0) return
    const message = `no acknowledgement within ${deliveryTimeoutMs} ms (deliveryTimeoutMs)`
    this.#giveUp(due, new MillraceError('timeout', message, { retriable: true }))
  }

  #giveUp(batches: readonly Batch[], error: MillraceError): void {
    for (const batch of batches) {
      const queue = this.#accumulator.topic(batch.topic)?.queues[batch.partition]
      if (queue !== undefined) this.#sender.expire(queue, batch, error)
    }
  }

  async #drainBuffer(): Promise<void> {
    const drained = this.#flushes.wait([...this.#incomplete, ...this.#waiting])
    this.#sender.isFlushing = !this.#flushes.isEmpty
    for (const { queues } of this.#accumulator.topics()) {
      for (const queue of queues) if (queue.open !== undefined) this.#sender.offerSoon(queue)
    }
    await drained
    this.#sender.isFlushing = !this.#flushes.isEmpty
  }

  async #close(timeoutMs: number): Promise<void> {
    const timeout = deferred<void>()
    const timer = this.#cluster.clock.schedule(timeoutMs, () => timeout.resolve())
    this.#ready?.reject(this.#closedError())
    this.#ready?.promise.catch(nothing)
    await Promise.race([this.#drainBuffer(), timeout.promise])
    timer.cancel()
    this.#aborter.abort()
    this.#abandon(timeoutMs)
    this.#sender.close()
    this.#unwatch()
    for (const untrack of this.#untrack) untrack()
    for (const pending of [this.#lingerTimer, this.#expiryTimer]) pending?.cancel()
    if (this.#isOwner) await this.#cluster.close()
    this.#throwUnreported()
  }

  #abandon(timeoutMs: number): void {
    const error = new MillraceError('closed', `the producer was closed, and not done after ${timeoutMs} ms`)
    this.#waiting.failAll(error)
    this.#giveUp([...this.#incomplete], error)
  }
}

/** The same promise, given up when the signal is aborted. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const result = new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(abortedError(signal, 'Waiting for the acknowledgement'))
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
  result.catch(nothing)
  return result
}
