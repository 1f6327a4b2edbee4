/** One batch on its way: filled, sealed, sent, sent again, settled once. */
import { type Deferred, deferred, type Workers } from '@millrace/base'
import { addSequence, BatchBuilder, BatchHeader, writeBatchHeader } from '@millrace/protocol'
import type { Compression } from './options.ts'
import type { ProduceError } from './produce-error.ts'

/** Where a run of records ended up: they are one batch, or the parts of one that was too large. */
export type BatchPart =
  | { readonly recordCount: number; readonly baseOffset: number; readonly logAppendTimeMs: number }
  | { readonly recordCount: number; readonly error: ProduceError }

/** Whose sequence numbers a batch carries. */
export interface Numbers {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

export const noNumbers: Numbers = { producerId: -1, producerEpoch: -1, baseSequence: -1 }

export class Batch {
  readonly topic: string
  readonly partition: number
  /** Position in the order of acceptance, for `flush`. */
  readonly order: number
  /** By the monotonic clock. */
  readonly createdAtMs: number
  /** Bytes that count as buffered until it settles. */
  bufferedSize = 0
  recordCount = 0
  numbers: Numbers = noNumbers
  /** An earlier try may have written it. */
  mayBeWritten = false
  /** Compression is under way. */
  isSealing = false
  #builder: BatchBuilder | undefined
  #bytes: Buffer | undefined
  #parts: readonly BatchPart[] | undefined
  #outcome: Deferred<readonly BatchPart[]> | undefined
  #waiterCount = 0
  /** The batch that this is a part of. */
  whole: Batch | undefined
  /** Called with the parts when it settles. */
  onSettled: ((parts: readonly BatchPart[]) => void) | undefined

  constructor(topic: string, partition: number, order: number, createdAtMs: number, sizeHint: number) {
    this.topic = topic
    this.partition = partition
    this.order = order
    this.createdAtMs = createdAtMs
    this.#builder = new BatchBuilder({ sizeHint })
  }

  /** For appending; undefined once sealed. */
  get builder(): BatchBuilder | undefined {
    return this.#builder
  }

  /** The encoded batch, once sealed. */
  get bytes(): Buffer | undefined {
    return this.#bytes
  }

  /** Bytes as it would be sent now. */
  get size(): number {
    return this.#bytes?.length ?? this.#builder?.size ?? 0
  }

  get isSettled(): boolean {
    return this.#parts !== undefined
  }

  /** Why it failed; undefined when it did not, or not as a whole. */
  get failure(): ProduceError | undefined {
    const [part] = this.#parts ?? []
    return this.#parts?.length === 1 && part !== undefined && 'error' in part ? part.error : undefined
  }

  /** Offset of its first record; -1 when it was not written as a whole, or the broker did not say. */
  get baseOffset(): number {
    const [part] = this.#parts ?? []
    return this.#parts?.length === 1 && part !== undefined && 'baseOffset' in part ? part.baseOffset : -1
  }

  /** Records whose outcome nobody has asked for. */
  get unwatchedCount(): number {
    return this.whole?.unwatchedCount ?? Math.max(0, this.recordCount - this.#waiterCount)
  }

  /** One past its last sequence number. */
  get endSequence(): number {
    return addSequence(this.numbers.baseSequence, this.recordCount)
  }

  /** The outcome, for one more record; a promise is made with the first call. */
  watch(): Promise<readonly BatchPart[]> {
    this.#waiterCount++
    if (this.#parts !== undefined) return Promise.resolve(this.#parts)
    this.#outcome ??= deferred()
    return this.#outcome.promise
  }

  /** Encodes it, with its numbers; nothing can be appended any more. */
  seal(compression: Compression): void {
    const builder = this.#takeBuilder()
    this.#bytes = builder.build({ ...compression, ...this.numbers })
  }

  /** As {@link seal}, beside the event loop. The numbers may come later. */
  async sealAsync(compression: Compression, workers: Workers): Promise<void> {
    this.isSealing = true
    const builder = this.#takeBuilder()
    try {
      this.#bytes = await builder.buildAsync({ ...compression, ...this.numbers, workers })
    } finally {
      this.isSealing = false
    }
  }

  /** Takes sealed bytes as they are: a part of a batch that was too large. */
  adopt(bytes: Buffer, recordCount: number): void {
    this.#builder = undefined
    this.#bytes = bytes
    this.recordCount = recordCount
  }

  /** Gives it these numbers, in its header too if it has one already. */
  number(numbers: Numbers): void {
    this.numbers = numbers
    const bytes = this.#bytes
    if (bytes === undefined) return
    writeBatchHeader(bytes, {
      baseOffset: 0,
      size: bytes.length,
      partitionLeaderEpoch: -1,
      codec: BatchHeader.codec(bytes, 0),
      isLogAppendTime: false,
      isTransactional: BatchHeader.isTransactional(bytes, 0),
      isControl: false,
      hasDeleteHorizon: false,
      lastOffsetDelta: BatchHeader.lastOffsetDelta(bytes, 0),
      baseTimestamp: BatchHeader.baseTimestamp(bytes, 0),
      maxTimestamp: BatchHeader.maxTimestamp(bytes, 0),
      recordCount: BatchHeader.recordCount(bytes, 0),
      ...numbers,
    })
  }

  succeed(baseOffset: number, logAppendTimeMs: number): void {
    this.settle([{ recordCount: this.recordCount, baseOffset, logAppendTimeMs }])
  }

  fail(error: ProduceError): void {
    this.settle([{ recordCount: this.recordCount, error }])
  }

  /** The first call counts. */
  settle(parts: readonly BatchPart[]): void {
    if (this.#parts !== undefined) return
    this.#parts = parts
    this.#builder = undefined
    this.#bytes = undefined
    this.#outcome?.resolve(parts)
    this.onSettled?.(parts)
  }

  #takeBuilder(): BatchBuilder {
    const builder = this.#builder as BatchBuilder
    this.#builder = undefined
    return builder
  }
}
