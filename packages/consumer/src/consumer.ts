/** The consumer: puts together membership, positions, fetching and handing out. */
import { type Deferred, deferred } from '@millrace/base'
import { Cluster, checkedInteger, type Lane, MillraceError, type Topic } from '@millrace/client'
import { Committer } from './committer.ts'
import { type ConsumerEvents, type ConsumerListener, Listeners, type TopicPartition } from './events.ts'
import { targetKey } from './fetch-session.ts'
import { Fetcher } from './fetcher.ts'
import { ClassicGroup } from './group/classic.ts'
import type { MemberIdentity } from './group-offsets.ts'
import { HandOut } from './hand-out.ts'
import { Limits } from './limits.ts'
import type { Message, MessageBatch } from './message.ts'
import { type ConsumerOptions, checkedStart, type ResolvedSettings, resolveSettings } from './options.ts'
import { PartitionState, type StartAt } from './partition-state.ts'
import { Positioner } from './positioner.ts'
import { ProcessingWatch } from './processing-watch.ts'
import { Stream } from './stream.ts'
import { TopicErrors } from './topic-errors.ts'
import { TopicSerdes } from './topic-serdes.ts'

/**
 * A partition to read, and where to begin: at `offset`; or else, with a group, where that has committed; or else `from`; or else what
 * the consumer's options say.
 */
export interface Assignment<K, V> {
  readonly topic: string | Topic<K, V>
  readonly partition: number
  readonly offset?: number
  readonly from?: StartAt
}

/** Who commits without being a member: allowed while the group has none. */
const nobody: MemberIdentity = { memberId: '', generationId: -1, instanceId: null }
const batchCountDefault = 500
const partitionMax = 0x7fff_ffff
const closeTimeoutDefaultMs = 30_000
/** The part of the time for closing that listeners may take. */
const listenersShare = 0.75

/**
 * A consumer.
 *
 * ```ts
 * const consumer = new Consumer({ brokers: 'localhost:9092', group: 'billing', topics: ['orders'], from: 'earliest' })
 * for await (const message of consumer.messages()) console.log(message.value?.toString())
 * ```
 *
 * It begins with the first loop. A message counts as done when the loop asks for the next one; what is committed never passes what
 * is done. One loop at a time reads a consumer.
 */
export class Consumer<K = Buffer, V = Buffer> {
  readonly #cluster: Cluster
  readonly #isOwner: boolean
  readonly #settings: ResolvedSettings
  readonly #listeners: Listeners
  readonly #handOut: HandOut
  readonly #fetcher: Fetcher
  readonly #positioner: Positioner
  readonly #committer: Committer
  readonly #group: ClassicGroup | undefined
  readonly #lane: Lane
  readonly #serdes = new TopicSerdes()
  /** Names of the topics in the settings. */
  readonly #topics: readonly string[]
  readonly #unwatch: () => void
  #untrack: () => void = () => {}
  #states = new Map<string, PartitionState>()
  readonly #topicErrors = new TopicErrors()
  #hasAssigned = false
  #isStarted = false
  #hasStream = false
  #changed: Deferred<void> | undefined
  /** Told to user code once. */
  #error: MillraceError | undefined
  /** Told to user code every time. */
  #fatal: MillraceError | undefined
  #closing: Promise<void> | undefined
  /** The last assignment that user code was told will be revoked. */
  #toldRevoking: { readonly states: ReadonlyMap<string, PartitionState>; readonly done: Promise<void> } | undefined
  /** Partitions whose next offset is gone, until user code has what was fetched before. */
  readonly #gone = new Set<PartitionState>()
  readonly #limits: Limits

  /** Throws {@link MillraceError} `invalid-argument`. */
  constructor(options: ConsumerOptions<K, V>) {
    const settings = resolveSettings(options)
    this.#settings = settings
    this.#isOwner = !('cluster' in options)
    this.#cluster = 'cluster' in options ? options.cluster : new Cluster(options)
    this.#listeners = new Listeners(this.#cluster.logger)
    this.#limits = new Limits(this.#cluster.clock)
    this.#topics = settings.topics.map((topic) => this.#serdes.add(topic))
    this.#handOut = new HandOut({ commitMessage: (...args) => this.#committer.commitBefore(...args) }, () =>
      this.#fetcher.pumpSoon(),
    )
    this.#fetcher = new Fetcher(this.#cluster, settings, {
      onData: (state) => this.#onData(state),
      onIdle: (state) => this.#checkEnd(state),
      onOutOfRange: (state, offset) => this.#onOutOfRange(state, offset),
      onStalled: (error) => this.#stalled('fetch', error),
      onFatal: (error) => this.#onError(error),
    })
    this.#lane = this.#cluster.newLane('offsets')
    this.#positioner = new Positioner(this.#cluster, settings, this.#lane, {
      onPositioned: () => this.#fetcher.pumpSoon(),
      onReset: (state, from, to) => this.#onReset(state, from, to),
      onStalled: (error) => this.#stalled('position', error),
      onFatal: (error) => this.#onError(error),
    })
    this.#committer = new Committer(this.#cluster, settings, this.#lane, {
      states: () => this.#states.values(),
      identity: () => this.#group?.identity ?? nobody,
      onExpelled: (identity, errorCode) => this.#group?.onExpelled(identity, errorCode),
      onStalled: (error) => this.#stalled('commit', error),
    })
    this.#group =
      settings.group === undefined || settings.topics.length === 0 ? undefined : this.#makeGroup(settings.group)
    this.#unwatch = this.#cluster.watchMetadata(() => this.#onMetadata())
  }

  /**
   * Messages one by one. An abort of `signal` ends the loop. Throws {@link MillraceError} into the loop: `corrupt-data`, `broker`
   * (not allowed to read, for example), `too-slow`; the next loop goes on where this one was.
   */
  messages(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<Message<K, V>, undefined> {
    return this.#stream(() => this.#handOut.takeMessage() as Message<K, V> | undefined, options.signal)
  }

  /** Messages of one partition together, up to `maxRecords` (default 500) of what is there. As {@link messages} else. */
  batches(
    options: { readonly maxRecords?: number; readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<MessageBatch<K, V>, undefined> {
    const { maxRecords = batchCountDefault } = options
    if (!Number.isInteger(maxRecords) || maxRecords < 1) {
      throw new MillraceError('invalid-argument', `maxRecords must be a positive integer, it is ${maxRecords}`)
    }
    return this.#stream(() => this.#handOut.takeBatch(maxRecords) as MessageBatch<K, V> | undefined, options.signal)
  }

  /**
   * Calls `handler` for each message, one after the other, until `signal` is aborted or the consumer is closed. Rejects with what
   * the handler throws: its message is not done then. Rejects as the loop of {@link messages} throws.
   */
  async run(
    handler: (message: Message<K, V>) => void | Promise<void>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    for await (const message of this.messages(options)) await handler(message)
  }

  /** Reads exactly these partitions, without a group's sharing them out. Replaces what was assigned before. */
  assign(partitions: readonly Assignment<K, V>[]): void {
    if (this.#group !== undefined) throw new MillraceError('invalid-argument', 'The group assigns partitions')
    this.#checkOpen()
    this.#hasAssigned = true
    const states = partitions.map(({ topic, partition, offset, from }) => {
      checkedInteger('partition', partition, 0, partitionMax)
      const state = this.#newState(this.#serdes.add(topic as Topic<unknown, unknown>), partition, from)
      if (offset !== undefined) state.moveTo(checkedOffset(offset))
      return state
    })
    this.#replaceStates(states)
  }

  /** The partitions that are read now. */
  get assignment(): readonly TopicPartition[] {
    return Array.from(this.#states.values(), ({ topic, partition }) => ({ topic, partition }))
  }

  /** The offset that comes next; undefined while it is not known or when the partition is not assigned. */
  position(partition: TopicPartition): number | undefined {
    const position = this.#states.get(targetKey(partition))?.position ?? -1
    return position < 0 ? undefined : position
  }

  /**
   * How far the end of the partition is from the next message, as of the last answer; undefined while unknown. Uncommitted
   * transactions count.
   */
  lag(partition: TopicPartition): number | undefined {
    const state = this.#states.get(targetKey(partition))
    if (state === undefined || state.highWatermark < 0 || state.position < 0) return undefined
    return Math.max(0, state.highWatermark - state.position)
  }

  /** Goes on at an offset, or at the place that `to` describes. Throws {@link MillraceError} `revoked` if it is not assigned. */
  seek(partition: TopicPartition, to: number | StartAt): void {
    const state = this.#assigned(partition)
    if (typeof to === 'number') state.moveTo(checkedOffset(to))
    else state.lookFor(checkedStart(to))
    this.#positioner.run()
    this.#fetcher.pumpSoon()
  }

  /**
   * Stops reading partitions until {@link resume}, or until they are assigned anew. What is fetched is kept as long as the others do
   * not need the room. Throws as {@link seek}.
   */
  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#assigned(partition).isPaused = true
    // What they hold may be in the way of the others.
    this.#fetcher.pumpSoon()
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const state = this.#assigned(partition)
      state.isPaused = false
      this.#onData(state)
    }
    this.#fetcher.pumpSoon()
  }

  /** Commits everything that is done. Rejects with {@link MillraceError}. */
  commit(): Promise<void> {
    return this.#committer.commitAll()
  }

  /** Calls `listener` for each event; the result ends that. See {@link ConsumerEvents}. */
  on<N extends keyof ConsumerEvents>(name: N, listener: ConsumerListener<N>): () => void {
    return this.#listeners.add(name, listener)
  }

  /**
   * Ends loops, gives up the partitions (with the `revoking` event), commits what is done, leaves the group, and closes what it
   * owns. Takes at most `timeoutMs` (default 30000); never rejects.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    // Loops and listeners see that it is being closed before anything is done about it.
    this.#closing ??= Promise.resolve().then(() => this.#close(options.timeoutMs ?? closeTimeoutDefaultMs))
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #makeGroup(group: string): ClassicGroup {
    const watch = new ProcessingWatch(this.#handOut)
    return new ClassicGroup(this.#cluster, this.#settings, group, this.#topics, {
      onAssigned: (partitions) => this.#onAssigned(partitions),
      onRevoke: (limitMs) => this.#onRevoke(limitMs),
      onLost: () => this.#onLost(),
      onStalled: (during, error) => this.#stalled(during, error),
      onError: (error) => this.#onError(error),
      onFatal: (error) => {
        this.#fatal = error
        void this.#onLost()
        this.#wake()
      },
      processingMs: () => watch.look(this.#cluster.clock.monotonic()),
    })
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new MillraceError('closed', 'The consumer has been closed')
  }

  #assigned(partition: TopicPartition): PartitionState {
    const state = this.#states.get(targetKey(partition))
    if (state !== undefined) return state
    throw new MillraceError('revoked', `${targetKey(partition)} is not assigned to this consumer`)
  }

  #stream<T>(take: () => T | undefined, signal: AbortSignal | undefined): Stream<T> {
    this.#checkOpen()
    if (this.#hasStream) {
      throw new MillraceError('invalid-argument', 'Another loop reads this consumer: one at a time')
    }
    if (this.#topics.length === 0 && !this.#hasAssigned) {
      throw new MillraceError('invalid-argument', 'There is nothing to read: give topics, or assign partitions')
    }
    this.#hasStream = true
    this.#start()
    const isClosed = () => this.#closing !== undefined
    return new Stream<T>(
      {
        finish: () => this.#handOut.finish(),
        takeBack: () => this.#handOut.takeBack(),
        take: () => this.#take(take),
        changed: () => this.#whenChanged(),
        get isClosed() {
          return isClosed()
        },
        onEnd: () => {
          this.#hasStream = false
          // Whoever still waits in it has nothing to wait for.
          this.#wake()
        },
      },
      signal,
    )
  }

  #take<T>(take: () => T | undefined): T | undefined {
    const error = this.#fatal ?? this.#error
    if (error !== undefined) {
      this.#error = undefined
      throw error
    }
    const item = take()
    if (this.#gone.size > 0) for (const state of this.#gone) this.#resetWhenDrained(state)
    if (item === undefined) for (const state of this.#states.values()) this.#checkEnd(state)
    return item
  }

  /** Tells, once, that user code has everything there is of a partition. */
  #checkEnd(state: PartitionState): void {
    if (!state.reachesEnd()) return
    void this.#listeners.emit('end', { ...partitionOf(state), offset: state.position })
  }

  #whenChanged(): Promise<void> {
    this.#changed ??= deferred()
    return this.#changed.promise
  }

  #wake(): void {
    this.#changed?.resolve()
    this.#changed = undefined
  }

  #start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#readStates()
    this.#cluster.refreshMetadataSoon()
    this.#group?.start()
    this.#committer.start()
  }

  #topicsOfStates(): readonly string[] {
    return Array.from(this.#states.values(), ({ topic }) => topic)
  }

  #newState(topic: string, partition: number, from: StartAt = this.#settings.from): PartitionState {
    const { group, checkCrc, decompressedSizeMax } = this.#settings
    const options = { checkCrc, decompressedSizeMax, onOpened: () => this.#onData(state) }
    const start = { startAt: checkedStart(from), needsCommitted: group !== undefined }
    const state: PartitionState = new PartitionState(topic, partition, this.#serdes.of(topic), start, options)
    return state
  }

  #replaceStates(states: readonly PartitionState[]): void {
    for (const state of this.#states.values()) state.revoke()
    this.#handOut.clear()
    this.#gone.clear()
    this.#toldRevoking = undefined
    this.#states = new Map(states.map((state) => [targetKey(state), state]))
    if (this.#isStarted) this.#readStates()
  }

  #readStates(): void {
    const untrack = this.#untrack
    this.#untrack = this.#cluster.trackTopics([...this.#serdes.names, ...this.#topicsOfStates()])
    untrack()
    const states = [...this.#states.values()]
    this.#fetcher.assign(states)
    this.#positioner.assign(states)
  }

  #onMetadata(): void {
    if (!this.#isStarted || this.#closing !== undefined) return
    this.#group?.onMetadata()
    if (this.#group === undefined && !this.#hasAssigned) this.#assignAll()
    this.#reportTopicErrors()
    this.#fetcher.pumpSoon()
  }

  #reportTopicErrors(): void {
    for (const error of this.#topicErrors.update(this.#serdes.names, this.#cluster.snapshot)) {
      this.#stalled('metadata', error)
      if (!error.retriable) this.#onError(error)
    }
  }

  /** Without a group: every partition of the topics. Those that appear later are read from their beginning. */
  #assignAll(): void {
    const added: PartitionState[] = []
    for (const topic of this.#topics) {
      const isGrown = this.#topicErrors.isMissing(topic) || this.#states.has(targetKey({ topic, partition: 0 }))
      for (const { partition } of this.#cluster.partitionsOf(topic) ?? []) {
        if (this.#states.has(targetKey({ topic, partition }))) continue
        added.push(this.#newState(topic, partition, isGrown ? 'earliest' : undefined))
      }
    }
    if (added.length === 0) return
    for (const state of added) this.#states.set(targetKey(state), state)
    this.#readStates()
    void this.#listeners.emit('assigned', added.map(partitionOf))
  }

  #onAssigned(partitions: readonly TopicPartition[]): void {
    if (this.#closing !== undefined) return
    this.#handOut.isHeld = false
    this.#replaceStates(partitions.map(({ topic, partition }) => this.#newState(topic, partition)))
    void this.#listeners.emit('assigned', partitions.map(partitionOf))
    this.#wake()
  }

  /** Everything is given up in order: user code finishes, listeners are told, what is done is committed. */
  async #onRevoke(limitMs: number): Promise<void> {
    const states = this.#states
    // They may be lost, and others assigned, by the time that user code is done.
    const isCurrent = () => this.#states === states
    this.#handOut.isHeld = true
    await this.#limits.within(limitMs, async () => {
      await this.#handOut.whenIdle()
      if (isCurrent()) await this.#tellRevoking()
      if (isCurrent()) await this.#committer.commitQuietly()
    })
    if (!isCurrent()) return
    if (this.#handOut.isOut) await this.#onLost()
    else this.#replaceStates([])
  }

  /** Tells that all partitions are about to be given up, once. Resolves when listeners are done. */
  #tellRevoking(): Promise<void> {
    if (this.#states.size === 0 || !this.#isStarted) return Promise.resolve()
    if (this.#toldRevoking?.states !== this.#states) {
      this.#toldRevoking = { states: this.#states, done: this.#listeners.emit('revoking', this.assignment) }
    }
    return this.#toldRevoking.done
  }

  async #onLost(): Promise<void> {
    const { assignment } = this
    this.#replaceStates([])
    if (assignment.length === 0) return
    await this.#limits.within(this.#settings.maxProcessingMs, () => this.#listeners.emit('lost', assignment))
  }

  #onData(state: PartitionState): void {
    this.#handOut.offer(state)
    this.#wake()
  }

  #onOutOfRange(state: PartitionState, offset: number): void {
    state.resetFrom = offset
    this.#gone.add(state)
    this.#resetWhenDrained(state)
  }

  /** Looks for another place once user code is done with what was fetched before the offset that is gone. */
  #resetWhenDrained(state: PartitionState): void {
    const { resetFrom } = state
    // Taken away, or moved by user code.
    const isOver = state.isRevoked || resetFrom < 0
    if (!isOver && !state.isDrained) return
    this.#gone.delete(state)
    if (isOver) return
    state.lookFor(this.#settings.from)
    state.resetFrom = resetFrom
    this.#positioner.run()
  }

  #onReset(state: PartitionState, from: number, to: number): void {
    this.#cluster.logger.warn('the offset to read was gone', { partition: targetKey(state), from, to })
    void this.#listeners.emit('reset', { ...partitionOf(state), from, to })
  }

  #onError(error: MillraceError): void {
    this.#error ??= error
    this.#wake()
  }

  #stalled(during: ConsumerEvents['stalled']['during'], error: MillraceError): void {
    if (this.#closing !== undefined) return
    this.#cluster.logger.warn(`consumer stalled: ${during}`, { reason: error.message })
    void this.#listeners.emit('stalled', { during, error })
  }

  async #close(timeoutMs: number): Promise<void> {
    const { clock } = this.#cluster
    const deadlineMs = clock.monotonic() + timeoutMs
    this.#handOut.isHeld = true
    this.#committer.stop()
    // Loops that wait end; what user code has stays out, and is not committed.
    this.#wake()
    // Listeners that hang shall not keep the rest from being done.
    await this.#limits.within(timeoutMs * listenersShare, () => this.#tellRevoking())
    await this.#limits.within(deadlineMs - clock.monotonic(), async () => {
      await this.#committer.commitQuietly()
      await this.#group?.leave()
    })
    this.#committer.close()
    this.#group?.close()
    this.#replaceStates([])
    this.#fetcher.close()
    this.#positioner.close()
    this.#unwatch()
    this.#untrack()
    this.#cluster.closeLane(this.#lane)
    this.#limits.end()
    if (this.#isOwner) await this.#cluster.close()
  }
}

function partitionOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}

function checkedOffset(offset: number): number {
  if (Number.isSafeInteger(offset) && offset >= 0) return offset
  throw new MillraceError('invalid-argument', `an offset is an integer from 0 on, not ${offset}`)
}
