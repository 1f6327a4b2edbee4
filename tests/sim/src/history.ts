/** What clients did and what they were told, in the order in which it happened. All that checkers know. */

/** One record, by what was put into it. */
export interface RecordIdentity {
  /** Who wrote it. */
  readonly producer: string
  /** Its place among the records of its producer in its partition, from 0. */
  readonly index: number
  /** Checksum of everything in it: key, value, headers, timestamp. */
  readonly checksum: number
}

export interface ReadRecord extends RecordIdentity {
  readonly offset: number
}

export type HistoryEvent = ProduceEvent | FetchEvent | CommitEvent | OffsetsEvent | LogReadEvent

export type ProduceEvent =
  | {
      readonly type: 'produce'
      readonly operation: number
      readonly partition: number
      readonly records: readonly RecordIdentity[]
    }
  /** Acknowledged with acks=all. `baseOffset` is -1 where the broker only says that it has the records already. */
  | { readonly type: 'produce-ok'; readonly operation: number; readonly baseOffset: number }
  /** Refused for good: no retry can help, and none of the records may ever be seen because of this operation. */
  | {
      readonly type: 'produce-refused'
      readonly operation: number
      readonly errorCode: number
      readonly message: string
    }

export type FetchEvent =
  | { readonly type: 'fetch'; readonly operation: number; readonly partition: number; readonly offset: number }
  | {
      readonly type: 'fetch-ok'
      readonly operation: number
      readonly highWatermark: number
      readonly lastStableOffset: number
      readonly logStartOffset: number
      readonly records: readonly ReadRecord[]
      /** Other partitions of the same answer have records: there may have been no room for this one's. */
      readonly isCrowded: boolean
    }
  /** The broker answered with an error. */
  | { readonly type: 'fetch-failed'; readonly operation: number; readonly errorCode: number }
  /** The broker sent bytes that are no record batches. */
  | { readonly type: 'fetch-damaged'; readonly operation: number; readonly reason: string }

export type CommitEvent =
  | {
      readonly type: 'commit'
      readonly operation: number
      readonly group: string
      readonly partition: number
      readonly offset: number
    }
  | { readonly type: 'commit-ok'; readonly operation: number }

export type OffsetsEvent =
  /** A group's offsets are asked for, by its member of the present generation. */
  | { readonly type: 'offsets'; readonly operation: number; readonly group: string }
  | {
      readonly type: 'offsets-ok'
      readonly operation: number
      /** By partition; -1 for none. */
      readonly committed: ReadonlyMap<number, number>
    }

/** A partition is read from its start to its high watermark, in several fetches. Others may go on writing meanwhile. */
export type LogReadEvent =
  | { readonly type: 'log-read-begin'; readonly operation: number; readonly partition: number }
  | {
      readonly type: 'log-read'
      readonly operation: number
      readonly partition: number
      readonly startOffset: number
      readonly endOffset: number
      readonly records: readonly ReadRecord[]
    }

/** Hands out operation numbers, and hands events on as they happen. */
export class History {
  readonly #onEvent: (event: HistoryEvent) => void
  #operationCount = 0

  constructor(onEvent: (event: HistoryEvent) => void) {
    this.#onEvent = onEvent
  }

  /** A number for an operation that begins. */
  next(): number {
    return this.#operationCount++
  }

  add(event: HistoryEvent): void {
    this.#onEvent(event)
  }
}

export function nameOf({ producer, index }: RecordIdentity): string {
  return `${producer}#${index}`
}
