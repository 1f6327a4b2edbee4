/** What a coordinator shard is: a state made of records, decisions about it, and the answers that wait for their commit. */
import type { SnapshotRegistry } from '@millrace/base'

/** Names a parked request of one shard. */
export type Token = number

/** The token of commands that nobody waits for: those of timers. */
export const noToken: Token = -1

/** An answer, or the wire error code why there is none. */
export type Outcome<Reply> =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'failed'; readonly errorCode: number }

export interface Answer<Reply> {
  readonly token: Token
  readonly outcome: Outcome<Reply>
}

export type TimerEffect<Command> =
  /** Runs `command` after `delayMs`, in place of what was scheduled under `key`. */
  | { readonly kind: 'schedule'; readonly key: string; readonly delayMs: number; readonly command: Command }
  | { readonly kind: 'cancel'; readonly key: string }

/** Entries of a transaction are applied when its marker comes. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface TransactionMarker extends ProducerIdentity {
  readonly coordinatorEpoch: number
  readonly committed: boolean
}

/**
 * What follows from a command. The entries are appended as one batch and applied at once; answers wait until everything
 * written so far is committed; timers are set at once. When the append is refused, nothing of it happens.
 */
export interface Decision<Command, Entry, Reply> {
  readonly entries: readonly Entry[]
  readonly answers: readonly Answer<Reply>[]
  readonly timers: readonly TimerEffect<Command>[]
  /** The entries belong to this producer's open transaction. */
  readonly producer?: ProducerIdentity | undefined
  /** Appended instead of entries: the end of a transaction. */
  readonly marker?: TransactionMarker | undefined
}

/** A record as the log holds it; a null value is a tombstone. */
export interface ShardRecord {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** The facts a decision may use besides the state. */
export interface CommandContext {
  /** Wall clock, milliseconds since 1970. */
  readonly now: number
  /** Whom to answer, now or by a later decision; {@link noToken} for timers. */
  readonly token: Token
}

/** What every shard's state has: the snapshots of all that records back, named by log offset. */
export interface ShardState {
  readonly timeline: SnapshotRegistry
}

/** What a query may use besides the state. */
export interface QueryContext {
  readonly now: number
  /** Read timeline structures as of this offset. */
  readonly committedOffset: number
}

/**
 * The rules of one kind of coordinator. Everything is synchronous and free of IO. `apply` alone writes what records back, live
 * and on replay; what is not in records (waiting requests, members on their way, timers) belongs to `decide`, and is put back
 * to what the records say by `reverted` and `refused`.
 */
export interface Shard<State extends ShardState, Command, Query, Entry, Reply> {
  create(): State
  decide(state: State, command: Command, context: CommandContext): Decision<Command, Entry, Reply>
  apply(state: State, entry: Entry, offset: number, producer?: ProducerIdentity): void
  /** Applies or drops what the producer's transaction wrote. */
  endTransaction(state: State, marker: TransactionMarker): void
  /** Answers from committed state only. */
  query(state: State, query: Query, context: QueryContext): Reply
  /** After a load: the timers that the loaded state needs. */
  loaded(state: State, now: number): Decision<Command, Entry, Reply>
  /** The timeline was put back to an earlier offset: requests parked on what is gone fail. */
  reverted(state: State, now: number): Decision<Command, Entry, Reply>
  /** The log refused `entries`, none of which was applied: drop what `decide` prepared for them. */
  refused(state: State, entries: readonly Entry[], now: number): Decision<Command, Entry, Reply>
  encode(entry: Entry): ShardRecord
  /** The entry keeps no view of the arguments. Undefined for a kind this version does not know. Throws on malformed bytes. */
  decode(key: Buffer, value: Buffer | null): Entry | undefined
  /** All that records back, comparable with deep equality: for conformance tests and diagnostics. */
  inspect(state: State): unknown
}
