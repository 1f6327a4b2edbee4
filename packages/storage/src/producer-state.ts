/**
 * What a log knows about the producers that write to it: sequence numbers, and transactions that are open (reference 2.7).
 * Entries never change; a new one takes the place of the old, so that keeping the old one is all an undo needs.
 */
import { addSequence, ErrorCode } from '@millrace/protocol'
import { type CompletedTransaction, OpenTransactions } from './open-transactions.ts'

/** Batches remembered per producer: what Kafka's clients may have in flight. */
export const cachedBatchesMax = 5
const sequenceModulus = 2 ** 31

/** A batch that was appended. */
export interface ProducerBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  /** lastOffset - first offset; also the number of sequences less one. */
  readonly offsetDelta: number
  /** The batch's max timestamp. */
  readonly timestamp: number
}

export interface ProducerEntry {
  readonly producerId: number
  readonly epoch: number
  /** Epoch of the transaction coordinator that wrote the last marker; -1 before any. */
  readonly coordinatorEpoch: number
  readonly lastTimestamp: number
  /** First offset of the open transaction; -1 when none is open. */
  readonly transactionStart: number
  /** Oldest first, at most five. */
  readonly batches: readonly ProducerBatch[]
}

/** The fields of a batch header that matter here. */
export interface IncomingBatch {
  readonly producerId: number
  readonly epoch: number
  readonly baseSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  readonly isTransactional: boolean
}

/** The end of a transaction, as its control batch says. */
export interface IncomingMarker {
  readonly producerId: number
  readonly epoch: number
  readonly coordinatorEpoch: number
  readonly isAbort: boolean
  readonly offset: number
  readonly timestamp: number
}

interface CheckOptions {
  /** False when the transaction coordinator has not confirmed that the transaction is open (KIP-890). */
  readonly isVerified: boolean
  /** Transactions V2 (Produce 12 and later): a producer without state must start at sequence 0. */
  readonly startsAtZero: boolean
}

export type ProducerCheck =
  | { readonly kind: 'ok' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number; readonly lastOffset: number; readonly timestamp: number }
  | { readonly kind: 'refused'; readonly errorCode: number; readonly message: string }

/** Takes back changes, newest first. */
export type ProducerUndo = { readonly producerId: number; readonly previous: ProducerEntry | undefined }[]

const passed: ProducerCheck = { kind: 'ok' }

function firstSequence({ lastSequence, offsetDelta }: ProducerBatch): number {
  return (lastSequence - offsetDelta + sequenceModulus) % sequenceModulus
}

export class ProducerState {
  readonly #entries = new Map<number, ProducerEntry>()
  readonly #transactions = new OpenTransactions()

  get size(): number {
    return this.#entries.size
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId)
  }

  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values()
  }

  /** Judges a data batch of a client, in Kafka's order; changes nothing. */
  check(batch: IncomingBatch, options: CheckOptions): ProducerCheck {
    const entry = this.#entries.get(batch.producerId)
    const duplicate = entry && findDuplicate(entry, batch)
    if (duplicate !== undefined) {
      const { lastOffset, offsetDelta, timestamp } = duplicate
      return { kind: 'duplicate', baseOffset: lastOffset - offsetDelta, lastOffset, timestamp }
    }
    if (entry !== undefined && batch.epoch < entry.epoch) {
      return refused(batch, ErrorCode.INVALID_PRODUCER_EPOCH, `epoch ${batch.epoch} is older than ${entry.epoch}`)
    }
    const isOpen = entry !== undefined && entry.transactionStart >= 0
    if (batch.isTransactional && !isOpen && !options.isVerified) {
      return refused(batch, ErrorCode.INVALID_TXN_STATE, 'its transaction is not known to be open')
    }
    const sequenceProblem = checkSequence(entry, batch, options)
    if (sequenceProblem !== undefined) {
      return refused(batch, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, sequenceProblem)
    }
    if (isOpen && !batch.isTransactional) {
      return refused(batch, ErrorCode.INVALID_TXN_STATE, 'it has an open transaction, and the batch is not part of one')
    }
    return passed
  }

  /** Judges an end-of-transaction marker; changes nothing. Transactions V2 needs a higher epoch than known (reference 2.7). */
  checkMarker(marker: IncomingMarker, transactionVersion: number): ProducerCheck {
    const entry = this.#entries.get(marker.producerId)
    if (entry === undefined) return passed
    const isRepeated = marker.epoch === entry.epoch && (entry.transactionStart < 0 || marker.epoch === 32767)
    const isStale =
      marker.epoch < entry.epoch || (marker.epoch === entry.epoch && transactionVersion >= 2 && !isRepeated)
    if (isStale)
      return refused(
        marker,
        ErrorCode.INVALID_PRODUCER_EPOCH,
        `marker epoch ${marker.epoch} is not above ${entry.epoch}`,
      )
    if (marker.coordinatorEpoch < entry.coordinatorEpoch) {
      const detail = `coordinator epoch ${marker.coordinatorEpoch} is older than ${entry.coordinatorEpoch}`
      return refused(marker, ErrorCode.TRANSACTION_COORDINATOR_FENCED, detail)
    }
    return passed
  }

  /** Takes in a data batch, whatever {@link check} says: it is in the log. `undo` collects what takes it back. */
  append(batch: IncomingBatch, undo?: ProducerUndo): void {
    const previous = this.#entries.get(batch.producerId)
    const isSameEpoch = previous !== undefined && previous.epoch === batch.epoch
    const kept = isSameEpoch ? previous.batches.slice(-(cachedBatchesMax - 1)) : []
    kept.push(producerBatch(batch))
    const open = previous?.transactionStart ?? -1
    this.#set(batch.producerId, undo, {
      producerId: batch.producerId,
      epoch: batch.epoch,
      coordinatorEpoch: previous?.coordinatorEpoch ?? -1,
      lastTimestamp: batch.maxTimestamp,
      transactionStart: open < 0 && batch.isTransactional ? batch.baseOffset : open,
      batches: kept,
    })
  }

  /** Takes in an end-of-transaction marker. The transaction that it ends, if one was open. */
  appendMarker(marker: IncomingMarker, undo?: ProducerUndo): CompletedTransaction | undefined {
    const previous = this.#entries.get(marker.producerId)
    const isSameEpoch = previous !== undefined && previous.epoch === marker.epoch
    const firstOffset = previous?.transactionStart ?? -1
    this.#set(marker.producerId, undo, {
      producerId: marker.producerId,
      epoch: marker.epoch,
      coordinatorEpoch: marker.coordinatorEpoch,
      lastTimestamp: marker.timestamp,
      transactionStart: -1,
      batches: isSameEpoch ? previous.batches : [],
    })
    if (firstOffset < 0) return undefined
    const completed = { producerId: marker.producerId, firstOffset, lastOffset: marker.offset, isAbort: marker.isAbort }
    this.#transactions.complete(completed)
    return completed
  }

  /** Takes over an entry as a snapshot has it. */
  load(entry: ProducerEntry): void {
    this.#set(entry.producerId, undefined, entry)
  }

  /** Takes back the changes that `undo` collected; the log now ends at `endOffset`. */
  revert(undo: ProducerUndo, endOffset: number): void {
    for (const { producerId, previous } of undo.toReversed()) this.#set(producerId, undefined, previous)
    this.#transactions.truncate(endOffset)
  }

  clear(): void {
    this.#entries.clear()
    this.#transactions.clear()
  }

  /** First offset that a reader of committed data may not pass; -1 when everything below the high watermark is decided. */
  get firstUnstableOffset(): number {
    return this.#transactions.firstUnstableOffset
  }

  /** Forgets ended transactions whose marker is below the high watermark: they no longer hold back readers. */
  advanceHighWatermark(highWatermark: number): void {
    this.#transactions.advance(highWatermark)
  }

  /** Where the first transaction begins that is still open; `endOffset` when none is. For the index of aborted transactions. */
  firstOpenOffset(endOffset: number): number {
    return this.#transactions.firstOpenOffset ?? endOffset
  }

  /** Drops producers without an open transaction that were last heard of `expirationMs` or longer ago. */
  removeExpired(nowMs: number, expirationMs: number): number {
    let count = 0
    for (const [producerId, entry] of this.#entries) {
      if (entry.transactionStart >= 0 || nowMs - entry.lastTimestamp < expirationMs) continue
      this.#entries.delete(producerId)
      count++
    }
    return count
  }

  #set(producerId: number, undo: ProducerUndo | undefined, entry: ProducerEntry | undefined): void {
    const previous = this.#entries.get(producerId)
    undo?.push({ producerId, previous })
    if (entry === undefined) this.#entries.delete(producerId)
    else this.#entries.set(producerId, entry)
    const [before, after] = [previous?.transactionStart ?? -1, entry?.transactionStart ?? -1]
    if (before === after) return
    if (before >= 0) this.#transactions.close(before)
    if (after >= 0) this.#transactions.open(after)
  }
}

/** What is remembered of a batch. */
export function producerBatch(batch: IncomingBatch): ProducerBatch {
  const offsetDelta = batch.lastOffset - batch.baseOffset
  return {
    lastSequence: addSequence(batch.baseSequence, offsetDelta),
    lastOffset: batch.lastOffset,
    offsetDelta,
    timestamp: batch.maxTimestamp,
  }
}

function findDuplicate(entry: ProducerEntry, batch: IncomingBatch): ProducerBatch | undefined {
  if (entry.epoch !== batch.epoch) return undefined
  const lastSequence = addSequence(batch.baseSequence, batch.lastOffset - batch.baseOffset)
  return entry.batches.find(
    (cached) => cached.lastSequence === lastSequence && firstSequence(cached) === batch.baseSequence,
  )
}

/** What is wrong with the batch's first sequence; undefined when nothing is. */
function checkSequence(
  entry: ProducerEntry | undefined,
  batch: IncomingBatch,
  options: CheckOptions,
): string | undefined {
  const first = batch.baseSequence
  if (entry === undefined) {
    const mustBeZero = batch.isTransactional && options.startsAtZero
    return mustBeZero && first !== 0 ? `sequence ${first} is the first seen here, and not 0` : undefined
  }
  if (batch.epoch > entry.epoch) {
    return first !== 0 ? `sequence ${first} opens epoch ${batch.epoch}, and is not 0` : undefined
  }
  const last = entry.batches.at(-1)?.lastSequence ?? -1
  const expected = last < 0 ? 0 : addSequence(last, 1)
  return first === expected ? undefined : `sequence ${first} does not follow ${last}`
}

function refused(batch: { readonly producerId: number }, errorCode: number, detail: string): ProducerCheck {
  return { kind: 'refused', errorCode, message: `producer ${batch.producerId}: ${detail}` }
}
