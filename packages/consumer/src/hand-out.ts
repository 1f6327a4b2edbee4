/** Hands fetched records to user code: partitions in turn, one message or batch at a time, and knows what is out. Pure. */
import { type Deferred, deferred } from '@millrace/base'
import { MillraceError } from '@millrace/client'
import { targetKey } from './fetch-session.ts'
import { Message, MessageBatch, type MessageHost } from './message.ts'
import type { PartitionState } from './partition-state.ts'

/** Messages of one partition in a row while others wait too. */
const turnMax = 500

export class HandOut {
  readonly #host: MessageHost
  /** Called when a buffer has become smaller. */
  readonly #onRead: () => void
  /** Partitions that may have records, in turn. */
  readonly #ready = new Set<PartitionState>()
  #current: PartitionState | undefined
  #turnCount = 0
  #out: PartitionState | undefined
  /** How many times something was handed out. */
  #count = 0
  #recordCount = 0
  /** Resolves when user code has finished what it has. */
  #released: Deferred<void> | undefined
  /** While held, nothing is handed out. */
  isHeld = false

  constructor(host: MessageHost, onRead: () => void) {
    this.#host = host
    this.#onRead = onRead
  }

  /** Whether user code has something. */
  get isOut(): boolean {
    return this.#out !== undefined
  }

  get count(): number {
    return this.#count
  }

  /** How many records user code has been given. */
  get recordCount(): number {
    return this.#recordCount
  }

  /** Whether user code has something of one of these partitions. */
  isOutOf(keys: ReadonlySet<string>): boolean {
    return this.#out !== undefined && keys.has(targetKey(this.#out))
  }

  /** The partition may have records. */
  offer(state: PartitionState): void {
    if (state.mayHandOut && state.buffer.hasData) this.#ready.add(state)
  }

  /** Forgets a partition that was taken away. */
  remove(state: PartitionState): void {
    this.#ready.delete(state)
    if (this.#current === state) this.#current = undefined
  }

  /** User code is done with what it has. */
  finish(): void {
    this.#out?.finish()
    this.#release()
  }

  /** User code will not finish what it has. */
  takeBack(): void {
    const state = this.#out
    if (state !== undefined && !state.isRevoked) state.takeBack()
    this.#release()
  }

  /** Resolves when user code has nothing of these partitions; none of them may be handed out meanwhile. */
  whenIdle(keys: ReadonlySet<string>): Promise<void> {
    if (!this.isOutOf(keys)) return Promise.resolve()
    this.#released ??= deferred()
    return this.#released.promise
  }

  /** The next message. Throws {@link MillraceError} `corrupt-data` when the next record of a partition can not be read. */
  takeMessage(): Message | undefined {
    for (let state = this.#turn(); state !== undefined; state = this.#turn()) {
      const message = this.#read(state)
      if (message === undefined) {
        this.#current = undefined
        continue
      }
      this.#turnCount++
      this.#handOut(state, message.offset, 1)
      return message
    }
    return undefined
  }

  /** The next messages of a partition, at most `countMax`. Throws as {@link takeMessage} does. */
  takeBatch(countMax: number): MessageBatch | undefined {
    for (let state = this.#turn(); state !== undefined; state = this.#turn()) {
      const messages = this.#readMany(state, countMax)
      const [first] = messages
      // The others come first the next time.
      this.#current = undefined
      this.offer(state)
      if (first === undefined) continue
      this.#handOut(state, first.offset, messages.length)
      return new MessageBatch(state, messages)
    }
    return undefined
  }

  /** The partition whose turn it is. */
  #turn(): PartitionState | undefined {
    if (this.isHeld) return undefined
    const current = this.#current
    if (current?.mayHandOut) {
      if (this.#turnCount < turnMax || this.#ready.size === 0) return current
      this.offer(current)
    }
    this.#current = undefined
    this.#turnCount = 0
    for (const state of this.#ready) {
      this.#ready.delete(state)
      if (!state.mayHandOut) continue
      this.#current = state
      return state
    }
    return undefined
  }

  #readMany(state: PartitionState, countMax: number): Message[] {
    const messages: Message[] = []
    while (messages.length < countMax) {
      try {
        const message = this.#read(state)
        if (message === undefined) break
        messages.push(message)
      } catch (error) {
        // Those before the damage are good; it comes again the next time.
        if (messages.length === 0) throw error
        break
      }
    }
    return messages
  }

  #read(state: PartitionState): Message | undefined {
    const { buffer } = state
    const sizeBefore = buffer.size
    try {
      const record = buffer.next()
      if (buffer.size !== sizeBefore) this.#onRead()
      return record === undefined ? undefined : new Message(record, state, this.#host, buffer.leaderEpoch)
    } catch (cause) {
      this.#current = undefined
      this.offer(state)
      throw damagedError(state, cause)
    }
  }

  #handOut(state: PartitionState, offset: number, recordCount: number): void {
    this.#count++
    this.#recordCount += recordCount
    this.#out = state
    state.handOut(offset)
  }

  #release(): void {
    this.#out = undefined
    if (this.#released === undefined) return
    this.#released.resolve()
    this.#released = undefined
  }
}

function damagedError({ topic, partition, position }: PartitionState, cause: unknown): MillraceError {
  const place = `${topic}-${partition} from offset ${position} on`
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `The records of ${place} cannot be read: ${reason}; seek beyond them to go on without them`
  return new MillraceError('corrupt-data', message, { cause })
}
