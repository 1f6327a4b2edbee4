/** The batches of one partition, from the one that is filling to those in flight, and which of them may go next. Pure. */
import type { Batch } from './batch.ts'
import { type ProducerIdentity, Sequencer } from './sequencer.ts'

/** What decides whether a batch may go now. */
export interface TakeRules {
  readonly nowMs: number
  /** An open batch goes when it is this old. */
  readonly lingerMs: number
  /** Open batches go whatever their age. */
  readonly isFlushing: boolean
  /** Undefined for a producer without sequence numbers. */
  readonly identity: ProducerIdentity | undefined
}

/**
 * Order of a partition: what has to be sent again, in its first order; full batches; the open one. While something has to be sent
 * again, one batch at a time is in flight, so that nothing overtakes it.
 */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly sequencer = new Sequencer()
  /** Node id of the leader; -1 while there is none. */
  node = -1
  /** The batch that takes records. */
  open: Batch | undefined
  /** Full, never sent. */
  readonly closed: Batch[] = []
  /** Sent before, in the order of their first sending. */
  readonly retries: Batch[] = []
  /** In the order of sending. */
  readonly inFlight: Batch[] = []
  /** Failures in a row, for the wait before the next try. */
  failureCount = 0
  /** Nothing is sent again before this. */
  retryAtMs = 0
  /** What the last batch took: a guess for the next one. */
  lastBatchSize = 4096

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Batches that wait to be sent. */
  get queuedCount(): number {
    return this.retries.length + this.closed.length + (this.open === undefined ? 0 : 1)
  }

  get isIdle(): boolean {
    return this.queuedCount === 0 && this.inFlight.length === 0
  }

  /** Ends the open batch. */
  close(): Batch | undefined {
    const batch = this.open
    if (batch === undefined) return undefined
    this.open = undefined
    this.lastBatchSize = batch.size
    this.closed.push(batch)
    return batch
  }

  /** Ends the open batch if it would be sent now. */
  closeIfDue(rules: TakeRules): Batch | undefined {
    return this.#isOpenDue(rules) ? this.close() : undefined
  }

  /** The batch to send now, moved to `inFlight`, with its numbers; undefined when none may go. */
  take(rules: TakeRules): Batch | undefined {
    const batch = this.retries.length > 0 ? this.#takeRetry(rules) : this.#takeFresh(rules)
    if (batch !== undefined) this.inFlight.push(batch)
    return batch
  }

  /** Takes a batch out of flight, to be sent again. */
  putBack(batch: Batch): void {
    this.#removeFrom(this.inFlight, batch)
    // By the order of acceptance, which parts of a split batch share.
    const index = this.retries.findIndex((other) => other.order > batch.order)
    this.retries.splice(index < 0 ? this.retries.length : index, 0, batch)
  }

  /** Takes a batch out of flight, to be sent again as these parts. */
  putBackAs(batch: Batch, parts: readonly Batch[]): void {
    this.putBack(batch)
    this.retries.splice(this.retries.indexOf(batch), 1, ...parts)
  }

  /** Takes a settled batch out, wherever it is. */
  remove(batch: Batch): void {
    if (this.open === batch) this.open = undefined
    for (const list of [this.inFlight, this.retries, this.closed]) this.#removeFrom(list, batch)
  }

  /** Whether nothing that was sent before `batch` is unsettled. */
  isFirst(batch: Batch): boolean {
    const isBefore = (other: Batch) => other.order < batch.order
    return !this.retries.some(isBefore) && !this.inFlight.some(isBefore)
  }

  #removeFrom(list: Batch[], batch: Batch): void {
    const index = list.indexOf(batch)
    if (index >= 0) list.splice(index, 1)
  }

  #takeRetry({ nowMs, identity }: TakeRules): Batch | undefined {
    if (this.inFlight.length > 0 || nowMs < this.retryAtMs) return undefined
    const isReady = identity === undefined || this.sequencer.prepareRetry(this.retries, identity)
    return isReady ? this.retries.shift() : undefined
  }

  #takeFresh(rules: TakeRules): Batch | undefined {
    const { identity } = rules
    const inFlightMax = identity === undefined ? 1 : this.sequencer.inFlightMax
    if (this.inFlight.length >= inFlightMax) return undefined
    const batch = this.closed[0] ?? (this.#isOpenDue(rules) ? this.open : undefined)
    if (batch === undefined || batch.isSealing) return undefined
    if (identity !== undefined && !this.sequencer.assign(batch, identity, this.inFlight.length === 0)) return undefined
    if (batch === this.open) this.close()
    this.closed.shift()
    return batch
  }

  #isOpenDue({ nowMs, lingerMs, isFlushing }: TakeRules): boolean {
    return this.open !== undefined && (isFlushing || nowMs - this.open.createdAtMs >= lingerMs)
  }
}
