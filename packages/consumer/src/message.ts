/** A record as user code gets it: a view on what was fetched. */
import { MillraceError, type Serde } from '@millrace/client'
import type { RecordHeader, RecordView } from '@millrace/protocol'
import type { PartitionState } from './partition-state.ts'

/** Commits for a message: the offset after it. */
export type CommitMessage = (state: PartitionState, offset: number, leaderEpoch: number) => Promise<void>

/** What the messages of a consumer have in common. */
export interface MessageHost {
  readonly commitMessage: CommitMessage
}

const undecoded: unique symbol = Symbol('undecoded')

function decode(
  serde: Serde<unknown>,
  bytes: Buffer | null,
  what: string,
  { topic, partition }: PartitionState,
  offset: number,
): unknown {
  if (bytes === null) return null
  try {
    return serde.decode(bytes)
  } catch (cause) {
    const place = `${topic}-${partition} at offset ${offset}`
    const message = `The ${what} of the record in ${place} cannot be decoded: ${(cause as Error).message}`
    throw new MillraceError('serialization', message, { cause })
  }
}

/**
 * A record. Key, value and headers are views on the fetched buffer (or decoded from it when first asked for): they stay valid as
 * long as the message is kept, and keep all of that buffer in memory. {@link detach} what is kept for long.
 */
export class Message<K = Buffer, V = Buffer> {
  readonly #record: RecordView
  readonly #state: PartitionState
  readonly #host: MessageHost
  readonly #leaderEpoch: number
  #key: unknown = undecoded
  #value: unknown = undecoded

  constructor(record: RecordView, state: PartitionState, host: MessageHost, leaderEpoch: number) {
    this.#record = record
    this.#state = state
    this.#host = host
    this.#leaderEpoch = leaderEpoch
  }

  get topic(): string {
    return this.#state.topic
  }

  get partition(): number {
    return this.#state.partition
  }

  get offset(): number {
    return this.#record.offset
  }

  /** Milliseconds since 1970; -1 for none. */
  get timestamp(): number {
    return this.#record.timestamp
  }

  /** Null for a record without a key. Throws {@link MillraceError} `serialization`. */
  get key(): K | null {
    if (this.#key === undecoded) this.#key = this.#decodeKey()
    return this.#key as K | null
  }

  /** Null for a deletion. Throws {@link MillraceError} `serialization`. */
  get value(): V | null {
    if (this.#value === undecoded) this.#value = this.#decodeValue()
    return this.#value as V | null
  }

  /** In their order; names may repeat. */
  get headers(): readonly RecordHeader[] {
    return this.#record.headers
  }

  /** The value of the last header with this name; undefined when there is none. */
  header(name: string): Buffer | null | undefined {
    return this.#record.headers.findLast(({ key }) => key === name)?.value
  }

  /**
   * Commits that everything up to and including this message is done. Rejects with {@link MillraceError}: `revoked` when the
   * partition belongs to someone else by now, `broker`, and what sending may reject with. Need not be awaited: commits that wait go
   * together, and a rejection that nobody waits for does no harm.
   */
  commit(): Promise<void> {
    return this.#host.commitMessage(this.#state, this.offset + 1, this.#leaderEpoch)
  }

  /** The same message over a copy of its bytes. */
  detach(): Message<K, V> {
    return new Message(this.#record.detach(), this.#state, this.#host, this.#leaderEpoch)
  }

  #decodeKey(): unknown {
    const { key } = this.#state.serdes
    return key.isText ? this.#record.keyText : decode(key, this.#record.key, 'key', this.#state, this.offset)
  }

  #decodeValue(): unknown {
    const { value } = this.#state.serdes
    return value.isText ? this.#record.valueText : decode(value, this.#record.value, 'value', this.#state, this.offset)
  }
}

/** Consecutive messages of one partition. */
export class MessageBatch<K = Buffer, V = Buffer> implements Iterable<Message<K, V>> {
  readonly topic: string
  readonly partition: number
  readonly #messages: readonly Message<K, V>[]

  constructor(state: PartitionState, messages: readonly Message<K, V>[]) {
    this.topic = state.topic
    this.partition = state.partition
    this.#messages = messages
  }

  /** How many messages; at least one. */
  get count(): number {
    return this.#messages.length
  }

  get messages(): readonly Message<K, V>[] {
    return this.#messages
  }

  /** The messages, by ascending offset. */
  [Symbol.iterator](): Iterator<Message<K, V>> {
    return this.#messages[Symbol.iterator]()
  }

  /** Commits that all of them are done. Rejects as `Message.commit` does. */
  commit(): Promise<void> {
    return (this.#messages.at(-1) as Message<K, V>).commit()
  }
}
