/** What `send` gives: a promise that costs nothing until somebody waits for it. */
import type { Batch, BatchPart } from './batch.ts'

/** Where a record is. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  /** -1 when the broker did not say: acks=0, or a repeated batch that it only vaguely remembers. */
  readonly offset: number
  /** Milliseconds since 1970: the record's, or the broker's where the topic is so configured. */
  readonly timestamp: number
}

function readPart(batch: Batch, parts: readonly BatchPart[], index: number, timestamp: number): RecordMetadata {
  let first = 0
  for (const part of parts) {
    if (index >= first + part.recordCount) {
      first += part.recordCount
      continue
    }
    if ('error' in part) throw part.error
    return {
      topic: batch.topic,
      partition: batch.partition,
      offset: part.baseOffset < 0 ? -1 : part.baseOffset + index - first,
      timestamp: part.logAppendTimeMs >= 0 ? part.logAppendTimeMs : timestamp,
    }
  }
  throw new RangeError(`record ${index} is in no part of its batch`)
}

/** What makes `await` wait: here on purpose, the class stands in for a promise. */
const awaited = 'then'

/**
 * The outcome of one record. All records of a batch share one promise, which is made when the first of them is waited for; an
 * outcome that nobody waits for is no unhandled rejection (`flush` reports those).
 */
export class Delivery implements Promise<RecordMetadata> {
  readonly #batch: Batch
  readonly #index: number
  readonly #timestamp: number

  constructor(batch: Batch, index: number, timestamp: number) {
    this.#batch = batch
    this.#index = index
    this.#timestamp = timestamp
  }

  get [Symbol.toStringTag](): string {
    return 'Promise'
  }

  [awaited]<A = RecordMetadata, B = never>(
    onFulfilled?: ((value: RecordMetadata) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#read().then(onFulfilled, onRejected)
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<RecordMetadata | B> {
    return this.#read().catch(onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<RecordMetadata> {
    return this.#read().finally(onFinally)
  }

  #read(): Promise<RecordMetadata> {
    return this.#batch.watch().then((parts) => readPart(this.#batch, parts, this.#index, this.#timestamp))
  }
}
