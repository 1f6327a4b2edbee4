/** Records that are in no batch yet, because their topic or partition is not known or there is no room, in the order in which they came. */
import type { Clock, Timer } from '@millrace/base'
import { MillraceError } from '@millrace/client'
import type { RecordBytes } from '@millrace/protocol'
import type { EncodedRecord } from './accumulator.ts'
import type { RecordMetadata } from './delivery.ts'
import { type ProduceError, produceError } from './produce-error.ts'

export interface WaitingRecord {
  readonly topic: string
  readonly record: EncodedRecord
  readonly order: number
  /** By the monotonic clock; for those that wait for room. */
  readonly deadlineMs: number
  /** Undefined for records that were enqueued. */
  readonly done: { resolve(sent: Promise<RecordMetadata>): void; reject(error: ProduceError): void } | undefined
  /** Bytes counted as buffered. */
  readonly reservedSize: number
}

/** What is not known of the place that a record is for. */
export type Missing = 'topic' | 'partition'

export interface WaitingRecordsOptions {
  readonly clock: Clock
  /** How long to wait: for what is missing, for room. */
  readonly maxBlockMs: number
  /** What is not known yet of where a record goes. */
  readonly missing: (topic: string, record: EncodedRecord) => Missing | undefined
  /** Whether there is room for one more record that somebody waits for. */
  readonly hasRoom: () => boolean
  /** Counts bytes as buffered; negative gives them back. */
  readonly reserve: (size: number) => void
  /** Resolves when the topic, with that partition if one is given, is known; rejects with {@link MillraceError} when it is given up. */
  readonly ask: (topic: string, partition: number | undefined, timeoutMs: number) => Promise<void>
  /** Puts a record into a batch. */
  readonly append: (waiting: WaitingRecord) => void
  /** A record is given up. */
  readonly onFailed: (waiting: WaitingRecord, error: ProduceError) => void
  /** Fewer records wait. */
  readonly onChanged: () => void
}

function ownBytes(bytes: RecordBytes): RecordBytes {
  return bytes === null || typeof bytes === 'string' ? bytes : Buffer.from(bytes)
}

function ownRecord(record: EncodedRecord): EncodedRecord {
  const headers = record.headers?.map(({ key, value }) => ({ key, value: ownBytes(value) }))
  return { ...record, key: ownBytes(record.key), value: ownBytes(record.value), headers }
}

/** Records for a partition that is missing wait beside those for the rest of the topic: "/" is in no topic's name. */
function partitionKey(topic: string, partition: number | undefined): string {
  return `${topic}/${partition}`
}

/** How many records may wait. */
export const waitingMax = 100_000

function roughSize({ key, value }: EncodedRecord): number {
  return 64 + (key?.length ?? 0) + (value?.length ?? 0)
}

export class WaitingRecords {
  readonly #options: WaitingRecordsOptions
  /** By topic or {@link partitionKey}, of those that are being asked for. */
  readonly #asking = new Map<string, WaitingRecord[]>()
  readonly #forRoom: WaitingRecord[] = []
  #count = 0
  #timer: Timer | undefined

  constructor(options: WaitingRecordsOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#count
  }

  *[Symbol.iterator](): Iterator<WaitingRecord> {
    yield* this.#forRoom
    for (const list of this.#asking.values()) yield* list
  }

  /** Whether others wait that a record for this place must not overtake. */
  isAheadOf(topic: string, partition: number | undefined): boolean {
    if (this.#count === 0) return false
    return this.#forRoom.length > 0 || this.#listOf(topic, partition) !== undefined
  }

  /** Adds a record, with its outcome when that is wanted. Throws {@link MillraceError} `buffer-full`. */
  add(
    record: Pick<WaitingRecord, 'topic' | 'record' | 'order'>,
    wantsOutcome: boolean,
  ): Promise<RecordMetadata> | undefined {
    if (this.#count >= waitingMax) {
      throw new MillraceError('buffer-full', `${waitingMax} records wait for room already`, { retriable: true })
    }
    const { clock, maxBlockMs, reserve } = this.#options
    const outcome = wantsOutcome ? pendingOutcome() : undefined
    const reservedSize = wantsOutcome ? 0 : roughSize(record.record)
    // Whoever gave it may use its buffers again at once, as with a record that went into a batch.
    const own = ownRecord(record.record)
    const waiting = { ...record, record: own, deadlineMs: clock.monotonic() + maxBlockMs, done: outcome, reservedSize }
    reserve(reservedSize)
    this.#count++
    this.#place(waiting)
    this.#armTimer()
    return outcome?.promise
  }

  #listOf(topic: string, partition: number | undefined): WaitingRecord[] | undefined {
    const list = this.#asking.get(topic)
    if (list !== undefined || partition === undefined) return list
    return this.#asking.get(partitionKey(topic, partition))
  }

  /** Behind those that wait for the same, or asks for what is missing, or in the line for room. */
  #place(waiting: WaitingRecord): void {
    const { topic, record } = waiting
    const list = this.#listOf(topic, record.partition)
    if (list !== undefined) {
      list.push(waiting)
      return
    }
    const missing = this.#options.missing(topic, record)
    if (missing === undefined) this.#forRoom.push(waiting)
    else if (missing === 'topic') this.#ask(waiting, topic, undefined)
    else this.#ask(waiting, partitionKey(topic, record.partition), record.partition)
  }

  /** Moves records into batches, in order, as far as there is room. */
  admit(): void {
    const { hasRoom, append, onChanged } = this.#options
    let admittedCount = 0
    for (const waiting of this.#forRoom) {
      if (waiting.done !== undefined && !hasRoom()) break
      admittedCount++
      this.#forget(waiting)
      append(waiting)
    }
    this.#forRoom.splice(0, admittedCount)
    this.#armTimer()
    onChanged()
  }

  /** Gives all of them up. */
  failAll(error: MillraceError): void {
    const all = [...this]
    this.#forRoom.length = 0
    this.#asking.clear()
    this.#timer?.cancel()
    for (const waiting of all) this.#fail(waiting, error)
  }

  #ask(first: WaitingRecord, key: string, partition: number | undefined): void {
    const { ask, clock } = this.#options
    this.#asking.set(key, [first])
    ask(first.topic, partition, Math.max(0, first.deadlineMs - clock.monotonic())).then(
      () => this.#onAsked(key, (waiting) => this.#place(waiting)),
      (error) => this.#onAsked(key, (waiting) => this.#fail(waiting, error)),
    )
  }

  #onAsked(key: string, settle: (waiting: WaitingRecord) => void): void {
    const list = this.#asking.get(key) ?? []
    this.#asking.delete(key)
    for (const waiting of list) settle(waiting)
    this.admit()
  }

  #forget(waiting: WaitingRecord): void {
    this.#count--
    this.#options.reserve(-waiting.reservedSize)
  }

  #fail(waiting: WaitingRecord, error: MillraceError): void {
    this.#forget(waiting)
    this.#options.onFailed(waiting, produceError(error, waiting.topic, undefined, 'not-written'))
  }

  #armTimer(): void {
    const [first] = this.#forRoom
    if (first === undefined) {
      this.#timer?.cancel()
      this.#timer = undefined
      return
    }
    if (this.#timer !== undefined) return
    const { clock } = this.#options
    this.#timer = clock.schedule(Math.max(0, first.deadlineMs - clock.monotonic()), () => {
      this.#timer = undefined
      this.#expire()
    })
  }

  #expire(): void {
    const { clock, maxBlockMs, onChanged } = this.#options
    const now = clock.monotonic()
    while ((this.#forRoom[0]?.deadlineMs ?? Number.POSITIVE_INFINITY) <= now) {
      const message = `there was no room in the buffer for ${maxBlockMs} ms (bufferSizeMax, maxBlockMs)`
      this.#fail(this.#forRoom.shift() as WaitingRecord, new MillraceError('buffer-full', message, { retriable: true }))
    }
    this.#armTimer()
    onChanged()
  }
}

/** A promise whose rejection is the caller's to handle, or to ignore. */
function pendingOutcome() {
  let resolve!: (sent: Promise<RecordMetadata>) => void
  let reject!: (error: ProduceError) => void
  const promise = new Promise<RecordMetadata>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise
    reject = rejectPromise
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}
