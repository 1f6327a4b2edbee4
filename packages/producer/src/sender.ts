/**
 * Sends the batches of all partitions to their leaders: up to five requests in flight per broker, each with the next batch of as
 * many partitions as fit; answers settle batches, or put them back to be sent again.
 */
import { type Timer, zeroUuid } from '@millrace/base'
import {
  type BrokerEndpoint,
  backoffMs,
  brokerError,
  type Cluster,
  type Lane,
  MillraceError,
  remedyForCode,
  remedyForError,
  toMillraceError,
} from '@millrace/client'
import { addSequence, ErrorCode, InitProducerId, Produce, type ProduceResponse } from '@millrace/protocol'
import type { Batch } from './batch.ts'
import type { ResolvedSettings } from './options.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { produceError, type WriteOutcome } from './produce-error.ts'
import { isSequenceRefusal, type ProducerIdentity } from './sequencer.ts'
import { splitBatch } from './split.ts'

/** What a leader may also answer after it has appended a batch, when its wait for the replicas ends otherwise. */
const writtenPerhaps: ReadonlySet<number> = new Set([
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.KAFKA_STORAGE_ERROR,
])
/** The first version that names topics by id. */
const topicIdVersion = 13

/** One batch in a request. */
interface Passenger {
  readonly queue: PartitionQueue
  readonly batch: Batch
  readonly topicId: string
}

interface NodeState {
  inFlightCount: number
  /** Partitions that may have something to send. */
  readonly ready: Set<PartitionQueue>
}

export interface SenderEvents {
  /** A batch is out of the sender's hands, acknowledged or failed. */
  readonly onSettled: (batch: Batch) => void
  /** A batch replaces another one, in parts. */
  readonly onSplit: (batch: Batch, parts: readonly Batch[]) => void
  readonly idOfTopic: (topic: string) => string
}

export class Sender {
  readonly #cluster: Cluster
  readonly #settings: ResolvedSettings
  readonly #events: SenderEvents
  readonly #lane: Lane
  readonly #nodes = new Map<number, NodeState>()
  readonly #retryTimers = new Set<Timer>()
  #identity: ProducerIdentity | undefined
  #isAskingIdentity = false
  #isFlushing = false
  readonly #aborter = new AbortController()
  #isClosed = false
  #requestCount = 0
  #retryCount = 0
  #isDrainDue = false

  constructor(cluster: Cluster, settings: ResolvedSettings, events: SenderEvents) {
    this.#cluster = cluster
    this.#settings = settings
    this.#events = events
    this.#lane = cluster.newLane('produce')
  }

  /** Produce requests sent. */
  get requestCount(): number {
    return this.#requestCount
  }

  /** Batches that were sent, or were to be, and had to be sent again. */
  get retryCount(): number {
    return this.#retryCount
  }

  /** While true, open batches go without waiting for more records. */
  set isFlushing(isFlushing: boolean) {
    this.#isFlushing = isFlushing
  }

  /** The partition may have something to send: looks at once. */
  offer(queue: PartitionQueue): void {
    if (!this.#hasLeader(queue)) return
    const node = this.#node(queue.node)
    node.ready.add(queue)
    if (node.inFlightCount < this.#settings.maxInFlight) this.#drain(queue.node, node)
  }

  /** As {@link offer}, after the current turn: what is enqueued in it goes together. */
  offerSoon(queue: PartitionQueue): void {
    if (!this.#hasLeader(queue)) return
    this.#node(queue.node).ready.add(queue)
    if (this.#isDrainDue) return
    this.#isDrainDue = true
    queueMicrotask(() => {
      this.#isDrainDue = false
      this.drainAll()
    })
  }

  drainAll(): void {
    for (const [id, node] of this.#nodes) this.#drain(id, node)
  }

  /** The leader of the partition has changed. */
  move(queue: PartitionQueue, node: number): void {
    if (queue.node === node) return
    this.#nodes.get(queue.node)?.ready.delete(queue)
    queue.node = node
    if (!queue.isIdle) this.offer(queue)
  }

  /** A batch is full: starts compressing it if that can be done beside. */
  onClosed(queue: PartitionQueue, batch: Batch): void {
    if (!this.#isForBeside(batch)) return
    batch.sealAsync(this.#settings.compression, this.#cluster.workers).then(
      () => this.offer(queue),
      (error) => this.#giveUp(queue, batch, toMillraceError(error, 'Compressing')),
    )
  }

  /** Gives up on a batch, wherever it is. In flight, it is settled now, and its answer waited for all the same. */
  expire(queue: PartitionQueue, batch: Batch, error: MillraceError): void {
    if (batch.isSettled) return
    if (queue.inFlight.includes(batch)) this.#fail(batch, error, 'unknown')
    else this.#giveUp(queue, batch, error)
  }

  /** Sends nothing more. Answers that are still to come are ignored. */
  close(): void {
    this.#isClosed = true
    this.#aborter.abort()
    for (const timer of this.#retryTimers) timer.cancel()
    this.#cluster.closeLane(this.#lane)
  }

  /** Without a leader, asks for metadata: {@link move} tells of the next one. */
  #hasLeader(queue: PartitionQueue): boolean {
    if (this.#isClosed) return false
    if (queue.node < 0) this.#cluster.refreshMetadataSoon()
    return queue.node >= 0
  }

  /** Whether compressing it is too long a stop for the event loop. */
  #isForBeside(batch: Batch | undefined): boolean {
    const { codec, level } = this.#settings.compression
    return batch !== undefined && batch.size >= codec.besideSizeMin.compress(level)
  }

  #node(id: number): NodeState {
    let node = this.#nodes.get(id)
    if (node === undefined) {
      node = { inFlightCount: 0, ready: new Set() }
      this.#nodes.set(id, node)
    }
    return node
  }

  #drain(id: number, node: NodeState): void {
    const { isIdempotent, maxInFlight } = this.#settings
    while (node.inFlightCount < maxInFlight && node.ready.size > 0 && !this.#isClosed) {
      if (isIdempotent && this.#identity === undefined) {
        this.#askIdentity()
        return
      }
      const passengers = this.#board(node)
      if (passengers.length === 0) return
      this.#send(id, node, passengers)
    }
  }

  /** Takes the next batch of partitions in turn, as many as fit into a request. */
  #board(node: NodeState): Passenger[] {
    const { compression, lingerMs, requestSizeMax, isIdempotent } = this.#settings
    const identity = isIdempotent ? this.#identity : undefined
    const rules = { nowMs: this.#cluster.clock.monotonic(), lingerMs, isFlushing: this.#isFlushing, identity }
    const passengers: Passenger[] = []
    const later: PartitionQueue[] = []
    let size = 0
    for (const queue of node.ready) {
      node.ready.delete(queue)
      if (this.#isForBeside(queue.open)) {
        const closed = queue.closeIfDue(rules)
        if (closed !== undefined) this.onClosed(queue, closed)
      }
      const batch = queue.take(rules)
      if (batch === undefined) {
        if (identity !== undefined && queue.sequencer.needsOther(identity)) this.#renewIdentity(queue)
        continue
      }
      if (batch.bytes === undefined) batch.seal(compression)
      passengers.push({ queue, batch, topicId: this.#events.idOfTopic(queue.topic) })
      size += batch.size
      // Whoever has more takes its place at the end of the line, for the next request.
      if (queue.queuedCount > 0) later.push(queue)
      if (size >= requestSizeMax) break
    }
    for (const queue of later) node.ready.add(queue)
    return passengers
  }

  #send(nodeId: number, node: NodeState, passengers: readonly Passenger[]): void {
    const { acks } = this.#settings
    const timeoutMs = this.#cluster.requestTimeoutMs
    const body = { transactionalId: null, acks, timeoutMs, topicData: topicData(passengers) }
    const hasIds = passengers.every(({ topicId }) => topicId !== zeroUuid)
    const options = {
      node: nodeId,
      lane: this.#lane,
      timeoutMs,
      versions: { max: hasIds ? topicIdVersion : topicIdVersion - 1 },
    }
    node.inFlightCount++
    this.#requestCount++
    if (acks === 0) {
      this.#cluster.post(Produce, body, options).then(
        () => this.#onWritten(nodeId, node, passengers),
        (error) => this.#onFailure(nodeId, node, passengers, toMillraceError(error, Produce.name)),
      )
      return
    }
    this.#cluster.send(Produce, body, options).then(
      (response) => this.#onResponse(nodeId, node, passengers, response),
      (error) => this.#onFailure(nodeId, node, passengers, toMillraceError(error, Produce.name)),
    )
  }

  #onWritten(nodeId: number, node: NodeState, passengers: readonly Passenger[]): void {
    for (const { queue, batch } of passengers) this.#acknowledge(queue, batch, -1, -1)
    this.#onDone(nodeId, node, passengers)
  }

  #onResponse(nodeId: number, node: NodeState, passengers: readonly Passenger[], response: ProduceResponse): void {
    if (!this.#isClosed) {
      const waiting = new Map(passengers.map((each) => [`${each.queue.topic}:${each.queue.partition}`, each]))
      const names = new Map(passengers.map(({ topicId, queue }) => [topicId, queue.topic]))
      for (const { name, topicId, partitionResponses } of response.responses) {
        for (const answer of partitionResponses) {
          const key = `${name === '' ? names.get(topicId) : name}:${answer.index}`
          const passenger = waiting.get(key)
          if (passenger === undefined) continue
          waiting.delete(key)
          this.#onAnswer(passenger, answer, response.nodeEndpoints)
        }
      }
      for (const { queue, batch } of waiting.values()) this.#onNoAnswer(queue, batch)
    }
    this.#onDone(nodeId, node, passengers)
  }

  #onAnswer(
    { queue, batch }: Passenger,
    answer: ProduceResponse['responses'][number]['partitionResponses'][number],
    endpoints: readonly BrokerEndpoint[],
  ): void {
    const { errorCode, baseOffset, logAppendTimeMs, currentLeader } = answer
    // The broker remembers the number but not where the batch is: it is there.
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      this.#acknowledge(queue, batch, errorCode === ErrorCode.NONE ? baseOffset : -1, logAppendTimeMs)
      return
    }
    if (currentLeader.leaderId >= 0) {
      this.#cluster.noteLeader(queue.topic, queue.partition, currentLeader, endpoints)
    }
    const reasons = answer.recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => {
      return `record ${batchIndex}: ${batchIndexErrorMessage ?? 'refused'}`
    })
    const detail = [answer.errorMessage, ...reasons.slice(0, 3)].filter((each) => each !== null).join('; ')
    this.#onRefused(queue, batch, errorCode, brokerError(errorCode, 'Producing', Produce.name, detail))
  }

  #onNoAnswer(queue: PartitionQueue, batch: Batch): void {
    batch.mayBeWritten = true
    const message = 'the broker left the partition out of its answer'
    this.#retryOrGiveUp(queue, batch, new MillraceError('protocol', message, { retriable: true }))
  }

  #acknowledge(queue: PartitionQueue, batch: Batch, baseOffset: number, logAppendTimeMs: number): void {
    queue.remove(batch)
    queue.failureCount = 0
    queue.sequencer.onAcknowledged(batch)
    if (batch.isSettled) return
    batch.succeed(baseOffset, logAppendTimeMs)
    this.#events.onSettled(batch)
  }

  #onRefused(queue: PartitionQueue, batch: Batch, errorCode: number, error: MillraceError): void {
    if (isSequenceRefusal(errorCode) && batch.numbers.producerId >= 0) {
      this.#onSequenceRefused(queue, batch)
      return
    }
    if (writtenPerhaps.has(errorCode)) batch.mayBeWritten = true
    const isTooLarge = errorCode === ErrorCode.MESSAGE_TOO_LARGE || errorCode === ErrorCode.RECORD_LIST_TOO_LARGE
    if (isTooLarge && batch.recordCount > 1 && !batch.isSettled) {
      this.#split(queue, batch)
      return
    }
    const remedy = remedyForCode(errorCode)
    this.#cluster.applyRemedy(remedy)
    if (remedy.retriable) this.#retryOrGiveUp(queue, batch, error)
    else this.#giveUp(queue, batch, error)
  }

  #onSequenceRefused(queue: PartitionQueue, batch: Batch): void {
    batch.mayBeWritten = false
    if (queue.isFirst(batch)) queue.sequencer.onRefusedFirst(batch)
    if (batch.isSettled) queue.remove(batch)
    else queue.putBack(batch)
    this.offerSoon(queue)
  }

  #split(queue: PartitionQueue, batch: Batch): void {
    const parts = splitBatch(batch, this.#settings.compression)
    // The numbers of the whole cover the parts: what is behind keeps its place.
    let { baseSequence } = batch.numbers
    for (const part of parts) {
      part.number({ ...batch.numbers, baseSequence })
      baseSequence = addSequence(baseSequence, part.recordCount)
    }
    queue.putBackAs(batch, parts)
    this.#events.onSplit(batch, parts)
    this.offerSoon(queue)
  }

  #onFailure(nodeId: number, node: NodeState, passengers: readonly Passenger[], error: MillraceError): void {
    if (!this.#isClosed) {
      const remedy = remedyForError(error)
      this.#cluster.applyRemedy(remedy)
      for (const { queue, batch } of passengers) {
        if (error.mayHaveArrived) batch.mayBeWritten = true
        if (remedy.retriable) this.#retryOrGiveUp(queue, batch, error)
        else this.#giveUp(queue, batch, error)
      }
    }
    this.#onDone(nodeId, node, passengers)
  }

  #onDone(nodeId: number, node: NodeState, passengers: readonly Passenger[]): void {
    node.inFlightCount--
    if (this.#isClosed) return
    for (const { queue } of passengers)
      if (queue.queuedCount > 0 && queue.node >= 0) this.#node(queue.node).ready.add(queue)
    this.#drain(nodeId, node)
  }

  #retryOrGiveUp(queue: PartitionQueue, batch: Batch, error: MillraceError): void {
    // Its time was up while it was in flight.
    if (batch.isSettled) {
      this.#giveUp(queue, batch, error)
      return
    }
    queue.failureCount++
    this.#retryCount++
    queue.putBack(batch)
    const { clock, random, backoff } = this.#cluster
    const waitMs = backoffMs(queue.failureCount, random, backoff)
    queue.retryAtMs = clock.monotonic() + waitMs
    const timer = this.#cluster.timers.schedule(waitMs, () => {
      this.#retryTimers.delete(timer)
      this.offer(queue)
    })
    this.#retryTimers.add(timer)
  }

  #giveUp(queue: PartitionQueue, batch: Batch, error: MillraceError): void {
    queue.remove(batch)
    if (queue.sequencer.isPassed(batch)) batch.mayBeWritten = true
    queue.sequencer.onGivenUp(batch)
    this.#fail(batch, error, batch.mayBeWritten ? 'unknown' : 'not-written')
    this.offerSoon(queue)
  }

  #fail(batch: Batch, error: MillraceError, outcome: WriteOutcome): void {
    if (batch.isSettled) return
    batch.fail(produceError(error, batch.topic, batch.partition, outcome))
    this.#events.onSettled(batch)
  }

  /** Gets the producer id, for as long as it takes: batches that wait for it have deadlines of their own. */
  #askIdentity(): void {
    if (this.#isAskingIdentity || this.#isClosed) return
    this.#isAskingIdentity = true
    const { signal } = this.#aborter
    const attempt = async (timeoutMs: number) => {
      const body = { transactionalId: null, transactionTimeoutMs: 0 }
      const options = { timeoutMs: Math.min(timeoutMs, this.#cluster.requestTimeoutMs), signal }
      const { errorCode, producerId, producerEpoch } = await this.#cluster.send(InitProducerId, body, options)
      if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, 'Getting a producer id', InitProducerId.name)
      return { producerId, producerEpoch }
    }
    this.#cluster.retry(attempt, { timeoutMs: this.#settings.deliveryTimeoutMs, signal }).then(
      (identity) => {
        this.#isAskingIdentity = false
        this.#identity = identity
        this.drainAll()
      },
      (error) => {
        this.#isAskingIdentity = false
        this.#onNoIdentity(toMillraceError(error, 'Getting a producer id'))
      },
    )
  }

  /** Without an id nothing can be sent: what waits fails, and the next record asks again. */
  #onNoIdentity(error: MillraceError): void {
    for (const { ready } of this.#nodes.values()) {
      for (const queue of [...ready]) {
        queue.close()
        for (const batch of [...queue.retries, ...queue.closed]) this.#giveUp(queue, batch, error)
      }
    }
  }

  /** The epochs of a producer id are used up: a new id begins anew. The partition waits for it. */
  #renewIdentity(queue: PartitionQueue): void {
    this.#identity = undefined
    this.#node(queue.node).ready.add(queue)
    this.#askIdentity()
  }
}

function topicData(passengers: readonly Passenger[]) {
  const topics = new Map<
    string,
    { name: string; topicId: string; partitionData: { index: number; records: Buffer | null }[] }
  >()
  for (const { queue, batch, topicId } of passengers) {
    let topic = topics.get(queue.topic)
    if (topic === undefined) {
      topic = { name: queue.topic, topicId, partitionData: [] }
      topics.set(queue.topic, topic)
    }
    topic.partitionData.push({ index: queue.partition, records: batch.bytes ?? null })
  }
  return [...topics.values()]
}
