/**
 * Sequence numbers of one partition (idempotent producer, reference section 2.7): pure.
 *
 * The broker takes a batch only if its number follows the last one it has, and knows the last five again. Numbers are given when a
 * batch is first sent, and kept when it is sent again, for as long as it may have been written. The hard part is what follows a
 * batch that was given up:
 *
 * - it was certainly not written: its numbers are free, those behind it (which the broker refused, for the gap) move up;
 * - nobody knows: the broker may still receive it. Its numbers must not be used for other records, or a late arrival would pass
 *   for them. A new epoch begins at 0, in which the broker refuses whatever comes late from the old one.
 *
 * The epoch belongs to the partition: without transactions the broker compares it within a partition only, and it is raised here
 * without asking anybody, as the Java client does.
 */
import { ErrorCode } from '@millrace/protocol'
import type { Batch } from './batch.ts'

/** The identity that InitProducerId gave. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

const epochMax = 32767
/** Numbers wrap after so many. */
const sequenceCount = 0x8000_0000

/** Whether the number `a` is not after `b`; they are close together, on a circle. */
function isAtOrBefore(a: number, b: number): boolean {
  return (b - a + sequenceCount) % sequenceCount < sequenceCount / 2
}

export class Sequencer {
  #identity: ProducerIdentity | undefined
  #nextSequence = 0
  /** One past the last number that the broker has acknowledged. */
  #ackedEnd = 0
  /** Whether this epoch has been acknowledged: before that, the broker would take any number for the first. */
  #isKnown = false
  /** A batch was given up that may be written. */
  #isUncertain = false
  /** The producer id to give up, when its epochs are used up. */
  #exhaustedId: number | undefined

  /** How many batches may be in flight: one, until the broker knows this epoch. */
  get inFlightMax(): number {
    return this.#isKnown ? 5 : 1
  }

  /** Whether another identity than this one is needed before anything more is sent. */
  needsOther(identity: ProducerIdentity): boolean {
    return this.#exhaustedId === identity.producerId
  }

  /**
   * Numbers a batch that was never sent. `isQuiet`: no other batch of the partition is in flight or to be sent again. False: it
   * cannot be sent now, something has to be decided first.
   */
  assign(batch: Batch, identity: ProducerIdentity, isQuiet: boolean): boolean {
    if (isQuiet) {
      if (this.#isUncertain) this.#beginEpoch()
      if (this.needsOther(identity)) return false
      if (this.#identity?.producerId !== identity.producerId) this.#adopt(identity)
      this.#nextSequence = this.#ackedEnd
    } else if (this.#isUncertain) {
      return false
    }
    this.#number(batch)
    return true
  }

  /**
   * Makes the first of `retries` ready to be sent again; nothing of the partition is in flight. False: a new identity is needed.
   */
  prepareRetry(retries: readonly Batch[], identity: ProducerIdentity): boolean {
    const [first] = retries
    // It may be in the log: only under its old numbers can the broker tell.
    if (first === undefined || first.mayBeWritten) return true
    if (this.#isUncertain) this.#beginEpoch()
    if (this.needsOther(identity)) return false
    if (this.#identity?.producerId !== identity.producerId) this.#adopt(identity)
    const { producerId, producerEpoch, baseSequence } = first.numbers
    const isCurrent =
      producerId === this.#identity?.producerId &&
      producerEpoch === this.#identity.producerEpoch &&
      // Before it: what follows was acknowledged, so the broker has this one, although it said that it had not.
      isAtOrBefore(baseSequence, this.#ackedEnd)
    if (isCurrent) return true
    this.#nextSequence = this.#ackedEnd
    for (const batch of retries) {
      // What came behind a batch that the broker refused it has refused as well, whether its answer arrived or not.
      batch.mayBeWritten = false
      this.#number(batch)
    }
    return true
  }

  onAcknowledged(batch: Batch): void {
    const { producerId, producerEpoch } = batch.numbers
    if (producerId !== this.#identity?.producerId || producerEpoch !== this.#identity.producerEpoch) return
    // What was refused and sent again is acknowledged after what follows it.
    if (isAtOrBefore(this.#ackedEnd, batch.endSequence)) this.#ackedEnd = batch.endSequence
    this.#isKnown = true
  }

  /**
   * The broker refused a batch for its number, and nothing that was sent before it is unsettled: what follows tells the broker has
   * lost what it knew of this producer, or is ahead of it. `batch` was not written.
   */
  onRefusedFirst(batch: Batch): void {
    // After a batch that was given up, its numbers were due to move up anyway.
    if (isAtOrBefore(batch.numbers.baseSequence, this.#ackedEnd)) this.#isUncertain = true
  }

  /** Whether what follows this batch is acknowledged: then it is in the log, whatever was answered for it. */
  isPassed({ numbers, endSequence }: Batch): boolean {
    const { producerId, producerEpoch } = numbers
    if (producerId < 0 || producerId !== this.#identity?.producerId) return false
    return producerEpoch === this.#identity.producerEpoch && isAtOrBefore(endSequence, this.#ackedEnd)
  }

  /** A batch that was sent is given up. */
  onGivenUp(batch: Batch): void {
    if (batch.mayBeWritten && batch.numbers.producerId >= 0) this.#isUncertain = true
  }

  #adopt(identity: ProducerIdentity): void {
    this.#identity = identity
    this.#exhaustedId = undefined
    this.#restart()
  }

  #beginEpoch(): void {
    const identity = this.#identity
    if (identity === undefined) return
    if (identity.producerEpoch >= epochMax) {
      this.#exhaustedId = identity.producerId
      return
    }
    this.#identity = { producerId: identity.producerId, producerEpoch: identity.producerEpoch + 1 }
    this.#restart()
  }

  #restart(): void {
    this.#nextSequence = 0
    this.#ackedEnd = 0
    this.#isKnown = false
    this.#isUncertain = false
  }

  #number(batch: Batch): void {
    const identity = this.#identity as ProducerIdentity
    batch.number({ ...identity, baseSequence: this.#nextSequence })
    this.#nextSequence = batch.endSequence
  }
}

/** Answers by which a broker says that a number or epoch is not what it expects. */
export function isSequenceRefusal(errorCode: number): boolean {
  return (
    errorCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER ||
    errorCode === ErrorCode.UNKNOWN_PRODUCER_ID ||
    errorCode === ErrorCode.INVALID_PRODUCER_EPOCH
  )
}
