/** Records that are in no batch yet, because their topic is not known or there is no room, in the order in which they came. */
import type { Clock, Timer } from '@millrace/base'
import { MillraceError } from '@millrace/client'
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

export interface WaitingRecordsOptions {
  readonly clock: Clock
  /** How long to wait for room. */
  readonly maxBlockMs: number
  /** Whether there is room for one more record that somebody waits for. */
  readonly hasRoom: () => boolean
  /** Counts bytes as buffered; negative gives them back. */
  readonly reserve: (size: number) => void
  /** Resolves when the topic is known; rejects with {@link MillraceError} when it is given up. */
  readonly ask: (topic: string) => Promise<void>
  /** Puts a record into a batch. */
  readonly append: (waiting: WaitingRecord) => void
  /** A record is given up. */
  readonly onFailed: (waiting: WaitingRecord, error: ProduceError) => void
  /** Fewer records wait. */
  readonly onChanged: () => void
}

/** How many records may wait. */
export const waitingMax = 100_000

function roughSize({ key, value }: EncodedRecord): number {
  return 64 + (key?.length ?? 0) + (value?.length ?? 0)
}

export class WaitingRecords {
  readonly #options: WaitingRecordsOptions
  /** By topic, of topics that are being asked for. */
  readonly #forTopic = new Map<string, WaitingRecord[]>()
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
    for (const list of this.#forTopic.values()) yield* list
  }

  /**
   * Adds a record, with its outcome when that is wanted. Throws {@link MillraceError} `buffer-full`.
   *
   * @param isKnown whether the topic is known, and only room is missing
   */
  add(
    record: Pick<WaitingRecord, 'topic' | 'record' | 'order'>,
    isKnown: boolean,
    wantsOutcome: boolean,
  ): Promise<RecordMetadata> | undefined {
    if (this.#count >= waitingMax) {
      throw new MillraceError('buffer-full', `${waitingMax} records wait for room already`, { retriable: true })
    }
    const { clock, maxBlockMs, reserve } = this.#options
    const outcome = wantsOutcome ? pendingOutcome() : undefined
    const reservedSize = wantsOutcome ? 0 : roughSize(record.record)
    const waiting = { ...record, deadlineMs: clock.monotonic() + maxBlockMs, done: outcome, reservedSize }
    reserve(reservedSize)
    this.#count++
    const sameTopic = this.#forTopic.get(record.topic)
    if (sameTopic !== undefined) sameTopic.push(waiting)
    else if (isKnown) {
      this.#forRoom.push(waiting)
      this.#armTimer()
    } else this.#ask(waiting)
    return outcome?.promise
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
    this.#forTopic.clear()
    this.#timer?.cancel()
    for (const waiting of all) this.#fail(waiting, error)
  }

  #ask(first: WaitingRecord): void {
    const { topic } = first
    this.#forTopic.set(topic, [first])
    this.#options.ask(topic).then(
      () => this.#onAsked(topic, (waiting) => this.#forRoom.push(waiting)),
      (error) => this.#onAsked(topic, (waiting) => this.#fail(waiting, error)),
    )
  }

  #onAsked(topic: string, settle: (waiting: WaitingRecord) => void): void {
    const list = this.#forTopic.get(topic) ?? []
    this.#forTopic.delete(topic)
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
