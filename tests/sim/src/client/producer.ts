/**
 * An idempotent producer that never gives up: acks=all, several batches in flight, and after every fault the same batches again,
 * in the same order, with the same sequence numbers.
 */
import { randomBelow, sleep } from '@millrace/base'
import { ErrorCode, encodeBatch, errorByCode, InitProducerId, Produce } from '@millrace/protocol'
import type { RecordIdentity } from '../history.ts'
import { ConnectionLost, type RawConnection } from './connection.ts'
import { type ClientPorts, tryConnect } from './ports.ts'
import { makeRecord } from './record.ts'
import { topicIdOf } from './topic.ts'

export interface ProducerOptions {
  readonly name: string
  readonly topic: string
  readonly partitionCount: number
  /** Largest pause between two batches. */
  readonly pauseMsMax: number
  /** Largest size of a value. */
  readonly valueSizeMax: number
  /** Version of Produce: from 13 on topics go by id. */
  readonly produceVersion: number
}

interface Batch {
  readonly operation: number
  readonly records: readonly RecordIdentity[]
  readonly bytes: Buffer
  isInFlight: boolean
}

/** What is not acknowledged in one partition, oldest first. */
interface Lane {
  readonly partition: number
  readonly batches: Batch[]
  nextIndex: number
  /** The broker knows this producer here: its sequence numbers are checked. */
  isKnown: boolean
  /** A batch must go again: nothing more is sent until all in flight are answered. */
  mustRepeat: boolean
}

const inFlightCountMax = 5
const waitingCountMax = 20
const retryPauseMs = 100
/** For the broker's wait for replicas; well below the time in which a request is given up. */
const acknowledgeTimeoutMs = 1500

export class IdempotentProducer {
  readonly #ports: ClientPorts
  readonly #options: ProducerOptions
  readonly #lanes: readonly Lane[]
  /** Operations whose first try was made. */
  readonly #begun = new Set<number>()
  #producerId: number | undefined
  #producerEpoch = 0
  #connection: RawConnection | undefined
  #topicId = ''
  #isStopping = false
  #acknowledgedCount = 0

  constructor(ports: ClientPorts, options: ProducerOptions) {
    this.#ports = ports
    this.#options = options
    this.#lanes = Array.from({ length: options.partitionCount }, (_, partition) => ({
      partition,
      batches: [],
      nextIndex: 0,
      isKnown: false,
      mustRepeat: false,
    }))
  }

  /** Batches acknowledged so far. */
  get acknowledgedCount(): number {
    return this.#acknowledgedCount
  }

  /** Batches that wait or are under way. */
  get openCount(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.batches.length, 0)
  }

  /** Makes no new batches; those that exist are still sent until they are acknowledged. */
  stop(): void {
    this.#isStopping = true
  }

  /** Ends after {@link stop}, when everything is acknowledged. */
  async run(): Promise<void> {
    const making = this.#makeBatches()
    while (!this.#isStopping || this.openCount > 0) {
      const connection = await tryConnect(this.#ports, this.#options.name)
      if (connection !== undefined) await this.#use(connection)
      await sleep(this.#ports.clock, 1 + randomBelow(this.#ports.random, retryPauseMs))
    }
    await making
  }

  async #use(connection: RawConnection): Promise<void> {
    try {
      await this.#prepare(connection)
      this.#connection = connection
      for (const lane of this.#lanes) {
        for (const batch of lane.batches) batch.isInFlight = false
        lane.mustRepeat = false
        this.#pump(lane)
      }
      while (connection.isOpen && !(this.#isStopping && this.openCount === 0)) {
        await Promise.race([connection.whenLost, sleep(this.#ports.clock, retryPauseMs)])
        // After an error, the next try comes from here.
        for (const lane of this.#lanes) this.#pump(lane)
      }
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
    } finally {
      this.#connection = undefined
      connection.close()
    }
  }

  /** Once for the life of the producer: an id; once for a connection: the topic's id. */
  async #prepare(connection: RawConnection): Promise<void> {
    while (this.#producerId === undefined) {
      const answer = await connection.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 })
      if (answer.errorCode === ErrorCode.NONE) {
        this.#producerId = answer.producerId
        this.#producerEpoch = answer.producerEpoch
      } else {
        await sleep(this.#ports.clock, retryPauseMs)
      }
    }
    if (this.#options.produceVersion < 13) return
    for (;;) {
      const id = await topicIdOf(connection, this.#options.topic)
      if (id !== undefined) {
        this.#topicId = id
        return
      }
      await sleep(this.#ports.clock, retryPauseMs)
    }
  }

  async #makeBatches(): Promise<void> {
    const { clock, random } = this.#ports
    while (!this.#isStopping) {
      const lane = this.#lanes[randomBelow(random, this.#lanes.length)] as Lane
      if (this.#producerId !== undefined && lane.batches.length < waitingCountMax) {
        lane.batches.push(this.#makeBatch(lane, this.#producerId))
        this.#pump(lane)
      }
      await sleep(clock, randomBelow(random, this.#options.pauseMsMax + 1))
    }
  }

  #makeBatch(lane: Lane, producerId: number): Batch {
    const { random, clock } = this.#ports
    const { name, valueSizeMax } = this.#options
    const baseSequence = lane.nextIndex
    const made = Array.from({ length: 1 + randomBelow(random, 4) }, () =>
      makeRecord(name, lane.nextIndex++, clock.now(), random.bytes(randomBelow(random, valueSizeMax + 1))),
    )
    const producer = { producerId, producerEpoch: this.#producerEpoch, baseSequence }
    return {
      operation: this.#ports.history.next(),
      records: made.map(({ identity }) => identity),
      bytes: encodeBatch(
        made.map(({ input }) => input),
        producer,
      ),
      isInFlight: false,
    }
  }

  /** Sends what may be sent in this partition. */
  #pump(lane: Lane): void {
    const connection = this.#connection
    if (connection === undefined || !connection.isOpen) return
    const inFlightCount = lane.batches.filter((batch) => batch.isInFlight).length
    if (lane.mustRepeat) {
      if (inFlightCount > 0) return
      lane.mustRepeat = false
    }
    const waiting = lane.batches.filter((batch) => !batch.isInFlight)
    // Kafka takes any sequence number of a producer that it does not know (reference 2.7). If the first batch fails, by a write
    // that the disk refuses, the second one behind it is taken in its place: so there is none until the first is there.
    const countMax = lane.isKnown ? inFlightCountMax : 1
    for (const batch of waiting.slice(0, countMax - inFlightCount)) this.#send(connection, lane, batch)
  }

  #send(connection: RawConnection, lane: Lane, batch: Batch): void {
    const { topic, produceVersion } = this.#options
    const { operation, records } = batch
    const { history } = this.#ports
    // A retry is part of the operation that the first try began.
    if (!this.#begun.has(operation)) history.add({ type: 'produce', operation, partition: lane.partition, records })
    this.#begun.add(operation)
    batch.isInFlight = true
    const partitionData = [{ index: lane.partition, records: batch.bytes }]
    const named = produceVersion < 13 ? { name: topic } : { topicId: this.#topicId }
    const body = { acks: -1, timeoutMs: acknowledgeTimeoutMs, topicData: [{ ...named, partitionData }] }
    connection.send(Produce, produceVersion, body).then(
      (response) => {
        const answer = response.responses[0]?.partitionResponses[0]
        if (answer === undefined) throw new Error('A Produce was answered without its partition')
        if (this.#connection === connection) this.#answered(lane, batch, answer)
      },
      (error: unknown) => {
        if (!(error instanceof ConnectionLost)) throw error
      },
    )
  }

  #answered(
    lane: Lane,
    batch: Batch,
    answer: { readonly errorCode: number; readonly baseOffset: number; readonly errorMessage: string | null },
  ): void {
    const { history } = this.#ports
    const { errorCode } = answer
    batch.isInFlight = false
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      lane.isKnown = true
      lane.batches.splice(lane.batches.indexOf(batch), 1)
      this.#begun.delete(batch.operation)
      this.#acknowledgedCount++
      const baseOffset = errorCode === ErrorCode.NONE ? answer.baseOffset : -1
      history.add({ type: 'produce-ok', operation: batch.operation, baseOffset })
      this.#pump(lane)
      return
    }
    // Out of order is to be expected behind a batch that failed, and nowhere else.
    const isBehind = lane.batches[0] !== batch
    const mayRetry =
      errorCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER ? isBehind : errorByCode(errorCode)?.retriable === true
    if (mayRetry) {
      // The pause before the next try comes from the loop that watches the connection.
      lane.mustRepeat = true
      return
    }
    const message = answer.errorMessage ?? errorByCode(errorCode)?.name ?? 'an unknown error'
    history.add({ type: 'produce-refused', operation: batch.operation, errorCode, message })
    lane.batches.splice(lane.batches.indexOf(batch), 1)
  }
}
