/** The consumer: puts together membership, positions, fetching and handing out. */
import { type Deferred, deferred } from '@millrace/base'
import { Cluster, checkedInteger, type Lane, MillraceError, type Topic } from '@millrace/client'
import { AssignedPartitions, partitionOf } from './assigned-partitions.ts'
import { Committer } from './committer.ts'
import { type ConsumerState, lagOf, readingStateOf } from './consumer-state.ts'
import { type ConsumerEvents, type ConsumerListener, Listeners, type TopicPartition } from './events.ts'
import { targetKey } from './fetch-session.ts'
import { Fetcher } from './fetcher.ts'
import { ClassicGroup } from './group/classic.ts'
import type { MemberIdentity } from './group-offsets.ts'
import { HandOut } from './hand-out.ts'
import { HandOver } from './hand-over.ts'
import { Limits } from './limits.ts'
import type { Message, MessageBatch } from './message.ts'
import {
  type ConsumerOptions,
  checkedStart,
  type LoopOptions,
  type ResolvedSettings,
  resolveSettings,
} from './options.ts'
import { PartitionMaker } from './partition-maker.ts'
import type { PartitionState, StartAt } from './partition-state.ts'
import { Positioner } from './positioner.ts'
import { ProcessingWatch } from './processing-watch.ts'
import { Resets, resetEvent } from './resets.ts'
import { Stream } from './stream.ts'
import { Subscription } from './subscription.ts'
import { TruncationCheck } from './truncation-check.ts'
import { UntilEnd } from './until-end.ts'

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
  readonly #limits: Limits
  readonly #lane: Lane
  readonly #partitions: AssignedPartitions
  readonly #handOut: HandOut
  readonly #handOver: HandOver
  readonly #fetcher: Fetcher
  readonly #positioner: Positioner
  readonly #resets: Resets
  readonly #truncation: TruncationCheck
  readonly #committer: Committer
  readonly #group: ClassicGroup | undefined
  readonly #subscription: Subscription
  readonly #maker: PartitionMaker
  readonly #unwatch: () => void
  #untrack: () => void = () => {}
  #hasAssigned = false
  #isStarted = false
  /** The loop wants to know when there is nothing more. */
  #wakesAtEnds = false
  #hasStream = false
  #changed: Deferred<void> | undefined
  /** Told to user code once. */
  #error: MillraceError | undefined
  /** Told to user code every time. */
  #fatal: MillraceError | undefined
  #closing: Promise<void> | undefined
  #hasClosed = false
  #rebalanceCount = 0
  #failureCount = 0

  /** Throws {@link MillraceError} `invalid-argument`. */
  constructor(options: ConsumerOptions<K, V>) {
    const settings = resolveSettings(options)
    this.#settings = settings
    this.#isOwner = !('cluster' in options)
    const cluster = 'cluster' in options ? options.cluster : new Cluster(options)
    this.#cluster = cluster
    this.#listeners = new Listeners(cluster.logger)
    this.#limits = new Limits(cluster.clock)
    this.#lane = cluster.newLane('offsets')
    this.#subscription = new Subscription(cluster, settings, {
      onTopics: () => this.#onTopics(),
      onStalled: (error) => this.#stalled('metadata', error),
      onFatal: (error) => this.#onError(error),
    })
    this.#maker = new PartitionMaker(cluster, settings, this.#subscription.serdes, (state) => this.#onData(state))
    this.#partitions = new AssignedPartitions(
      (state) => {
        this.#handOut.remove(state)
        this.#resets.forget(state)
      },
      () => this.#readPartitions(),
    )
    this.#handOut = new HandOut({ commitMessage: (...args) => this.#committer.commitBefore(...args) }, () =>
      this.#fetcher.pumpSoon(),
    )
    this.#handOver = this.#makeHandOver()
    this.#fetcher = new Fetcher(cluster, settings, {
      onData: (state) => this.#onData(state),
      onIdle: (state) => {
        this.#checkEnd(state)
        if (this.#wakesAtEnds) this.#wake()
      },
      onUnchecked: (unchecked) => this.#truncation.check(unchecked),
      onOutOfRange: (state, offset) => this.#resets.onOutOfRange(state, offset),
      onStalled: (error) => this.#stalled('fetch', error),
      onFatal: (error) => this.#onError(error),
    })
    this.#positioner = new Positioner(cluster, settings, this.#lane, {
      onPositioned: () => this.#fetcher.pumpSoon(),
      onReset: (state, from, to) => this.#onReset(state, from, to),
      onStalled: (error) => this.#stalled('position', error),
      onFatal: (error) => this.#onError(error),
    })
    this.#resets = new Resets({
      from: settings.from,
      onSearch: () => this.#positioner.run(),
      onMoved: (state, from, to) => this.#onReset(state, from, to),
    })
    this.#truncation = new TruncationCheck(cluster, this.#lane, {
      onDiverged: (state, divergence) => this.#resets.onDiverged(state, divergence),
      onChecked: () => this.#fetcher.pumpSoon(),
    })
    this.#committer = this.#makeCommitter()
    this.#group =
      settings.group === undefined || this.#subscription.isEmpty ? undefined : this.#makeGroup(settings.group)
    this.#unwatch = cluster.watchMetadata(() => this.#onMetadata())
  }

  /**
   * Messages one by one. An abort of `signal` ends the loop. Throws {@link MillraceError} into the loop: `corrupt-data`, `broker`
   * (not allowed to read, for example), `too-slow`; the next loop goes on where this one was.
   */
  messages(options: LoopOptions = {}): AsyncIterableIterator<Message<K, V>, undefined> {
    return this.#stream(() => this.#handOut.takeMessage() as Message<K, V> | undefined, options)
  }

  /** Messages of one partition together, up to `maxRecords` (default 500) of what is there. As {@link messages} else. */
  batches(
    options: LoopOptions & { readonly maxRecords?: number } = {},
  ): AsyncIterableIterator<MessageBatch<K, V>, undefined> {
    const { maxRecords = batchCountDefault } = options
    if (!Number.isInteger(maxRecords) || maxRecords < 1) {
      throw new MillraceError('invalid-argument', `maxRecords must be a positive integer, it is ${maxRecords}`)
    }
    return this.#stream(() => this.#handOut.takeBatch(maxRecords) as MessageBatch<K, V> | undefined, options)
  }

  /**
   * Calls `handler` for each message, one after the other, until `signal` is aborted or the consumer is closed. Rejects with what
   * the handler throws: its message is not done then. Rejects as the loop of {@link messages} throws.
   */
  async run(handler: (message: Message<K, V>) => void | Promise<void>, options: LoopOptions = {}): Promise<void> {
    for await (const message of this.messages(options)) await handler(message)
  }

  /** Reads exactly these partitions, without a group's sharing them out. Replaces what was assigned before. */
  assign(partitions: readonly Assignment<K, V>[]): void {
    if (this.#group !== undefined) throw new MillraceError('invalid-argument', 'The group assigns partitions')
    this.#checkOpen()
    this.#hasAssigned = true
    const states = partitions.map(({ topic, partition, offset, from }) => {
      checkedInteger('partition', partition, 0, partitionMax)
      const state = this.#maker.make(this.#subscription.serdes.add(topic as Topic<unknown, unknown>), partition, from)
      if (offset !== undefined) state.moveTo(checkedOffset(offset))
      return state
    })
    this.#partitions.drop(this.#partitions)
    this.#partitions.add(states)
  }

  /** The partitions that are read now. */
  get assignment(): readonly TopicPartition[] {
    return this.#partitions.names
  }

  /** The offset that comes next; undefined while it is not known or when the partition is not assigned. */
  position(partition: TopicPartition): number | undefined {
    const position = this.#partitions.get(partition)?.position ?? -1
    return position < 0 ? undefined : position
  }

  /**
   * How far the end of the partition is from the next message, as of the last answer; undefined while unknown. Uncommitted
   * transactions count.
   */
  lag(partition: TopicPartition): number | undefined {
    const state = this.#partitions.get(partition)
    return state === undefined ? undefined : lagOf(state)
  }

  /** What it is doing, for monitoring: a plain object, made for each call. */
  state(): ConsumerState {
    const { memberId, generationId } = this.#group?.identity ?? nobody
    return {
      state: this.#phase(),
      memberId,
      generationId,
      partitions: Array.from(this.#partitions, readingStateOf),
      counts: {
        records: this.#handOut.recordCount,
        bytes: this.#fetcher.fetchedSize,
        fetches: this.#fetcher.fetchCount,
        rebalances: this.#rebalanceCount,
        commits: this.#committer.commitCount,
        failures: this.#failureCount,
      },
    }
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

  /** Goes on with partitions that were paused. Throws as {@link seek}. */
  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const state = this.#assigned(partition)
      state.isPaused = false
      this.#onData(state)
    }
    this.#fetcher.pumpSoon()
  }

  /** Commits everything that is done. Rejects with {@link MillraceError}; a rejection that nobody waits for does no harm. */
  commit(): Promise<void> {
    return this.#committer.commitAll()
  }

  /** Calls `listener` for each event; the result ends that. See {@link ConsumerEvents}. */
  on<N extends keyof ConsumerEvents>(name: N, listener: ConsumerListener<N>): () => void {
    return this.#listeners.add(name, listener)
  }

  /** Whether {@link close} was called. */
  get isClosed(): boolean {
    return this.#closing !== undefined
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

  /** As {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #makeHandOver(): HandOver {
    return new HandOver(
      {
        partitions: this.#partitions,
        handOut: this.#handOut,
        listeners: this.#listeners,
        limits: this.#limits,
        commitQuietly: (states) => this.#committer.commitQuietly(states),
        onReadable: (state) => {
          this.#onData(state)
          this.#checkEnd(state)
        },
      },
      this.#settings.maxProcessingMs,
    )
  }

  #makeCommitter(): Committer {
    return new Committer(this.#cluster, this.#settings, this.#lane, this.#limits, {
      states: () => this.#partitions,
      identity: () => this.#group?.identity ?? nobody,
      isJoining: () => this.#group !== undefined && !this.#group.isStable,
      whenSettled: () => this.#group?.whenSettled() ?? Promise.resolve(),
      onExpelled: (identity, errorCode) => this.#group?.onExpelled(identity, errorCode),
      onStalled: (error) => this.#stalled('commit', error),
    })
  }

  #makeGroup(group: string): ClassicGroup {
    const watch = new ProcessingWatch(this.#handOut)
    return new ClassicGroup(this.#cluster, this.#settings, group, {
      onAssigned: (added) => this.#onAssigned(added),
      onRevoke: (partitions, limitMs) => this.#handOver.giveUp(partitions, limitMs),
      onLost: () => this.#handOver.lose(),
      onStalled: (during, error) => this.#stalled(during, error),
      onError: (error) => this.#onError(error),
      onFatal: (error) => this.#onFatal(error),
      processingMs: () => watch.look(this.#cluster.clock.monotonic()),
    })
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new MillraceError('closed', 'The consumer has been closed')
  }

  #assigned(partition: TopicPartition): PartitionState {
    const state = this.#partitions.get(partition)
    if (state !== undefined) return state
    throw new MillraceError('revoked', `${targetKey(partition)} is not assigned to this consumer`)
  }

  #phase(): ConsumerState['state'] {
    if (this.#hasClosed) return 'closed'
    if (this.#closing !== undefined) return 'closing'
    if (this.#fatal !== undefined) return 'failed'
    if (!this.#isStarted) return 'idle'
    return this.#group === undefined || this.#group.isStable ? 'stable' : 'joining'
  }

  #stream<T>(take: () => T | undefined, { signal, until }: LoopOptions): Stream<T> {
    this.#checkOpen()
    if (this.#hasStream) {
      throw new MillraceError('invalid-argument', 'Another loop reads this consumer: one at a time')
    }
    if (this.#subscription.isEmpty && !this.#hasAssigned) {
      throw new MillraceError('invalid-argument', 'There is nothing to read: give topics, or assign partitions')
    }
    this.#hasStream = true
    this.#start()
    const untilEnd = until === 'end' ? new UntilEnd() : undefined
    this.#wakesAtEnds = untilEnd !== undefined
    // What was known before may be old.
    if (untilEnd !== undefined) for (const state of this.#partitions) state.isEndFresh = false
    const isOver = () => this.#closing !== undefined || (untilEnd !== undefined && this.#hasReached(untilEnd))
    return new Stream<T>(
      {
        finish: () => this.#handOut.finish(),
        takeBack: () => this.#handOut.takeBack(),
        take: () => this.#take(take),
        changed: () => this.#whenChanged(),
        get isOver() {
          return isOver()
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

  #hasReached(end: UntilEnd): boolean {
    // Before it is known what to read, there is no end of it.
    if (this.#group === undefined ? this.#partitions.size === 0 : !this.#group.isStable) return false
    return end.isReached(this.#partitions)
  }

  #take<T>(take: () => T | undefined): T | undefined {
    const error = this.#fatal ?? this.#error
    if (error !== undefined) {
      this.#error = undefined
      throw error
    }
    const item = take()
    if (!this.#resets.isEmpty) this.#resets.settle()
    if (item === undefined) for (const state of this.#partitions) this.#checkEnd(state)
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
    this.#readPartitions()
    this.#cluster.refreshMetadataSoon()
    this.#subscription.start()
    this.#committer.start()
  }

  /** Reads what is assigned now. */
  #readPartitions(): void {
    if (!this.#isStarted || this.#hasClosed) return
    const states = [...this.#partitions]
    const untrack = this.#untrack
    this.#untrack = this.#cluster.trackTopics([
      ...this.#subscription.serdes.names,
      ...this.#subscription.topics,
      ...states.map(({ topic }) => topic),
    ])
    untrack()
    this.#fetcher.assign(states)
    this.#positioner.assign(states)
  }

  #onMetadata(): void {
    if (!this.#isStarted || this.#closing !== undefined) return
    const remade = this.#maker.remake(this.#partitions)
    if (remade.length > 0) this.#partitions.add(remade)
    this.#group?.onMetadata()
    if (this.#group === undefined && !this.#hasAssigned) this.#assignAll()
    this.#subscription.reportErrors()
    this.#fetcher.pumpSoon()
  }

  #onTopics(): void {
    this.#readPartitions()
    this.#group?.subscribe(this.#subscription.topics)
    this.#group?.start()
    // Named topics wait for metadata: what is known of them now may be old.
    const isFresh = this.#settings.patterns.length > 0
    if (isFresh && this.#group === undefined && !this.#hasAssigned) this.#assignAll()
  }

  /** Without a group: every partition of the topics. Those that appear later are read from their beginning. */
  #assignAll(): void {
    const added: PartitionState[] = []
    for (const topic of this.#subscription.topics) {
      const isGrown = this.#subscription.isLate(topic) || this.#partitions.has({ topic, partition: 0 })
      for (const { partition } of this.#cluster.partitionsOf(topic) ?? []) {
        if (this.#partitions.has({ topic, partition })) continue
        added.push(this.#maker.make(topic, partition, isGrown ? 'earliest' : undefined))
      }
    }
    this.#handOver.assign(added)
  }

  #onAssigned(added: readonly TopicPartition[]): void {
    if (this.#closing !== undefined) return
    this.#rebalanceCount++
    this.#handOver.assign(added.map(({ topic, partition }) => this.#maker.make(topic, partition)))
  }

  #onData(state: PartitionState): void {
    this.#handOut.offer(state)
    this.#wake()
  }

  #onReset(state: PartitionState, from: number, to: number): void {
    this.#cluster.logger.warn('the offset to read was gone', { partition: targetKey(state), from, to })
    void this.#listeners.emit('reset', resetEvent(state, from, to))
    this.#fetcher.pumpSoon()
  }

  #onError(error: MillraceError): void {
    this.#error ??= error
    this.#wake()
  }

  #onFatal(error: MillraceError): void {
    this.#fatal = error
    void this.#handOver.lose()
    this.#wake()
  }

  #stalled(during: ConsumerEvents['stalled']['during'], error: MillraceError): void {
    if (this.#closing !== undefined) return
    this.#failureCount++
    this.#cluster.logger.warn(`consumer stalled: ${during}`, { reason: error.message })
    void this.#listeners.emit('stalled', { during, error })
  }

  async #close(timeoutMs: number): Promise<void> {
    const { clock } = this.#cluster
    const deadlineMs = clock.monotonic() + timeoutMs
    this.#handOut.isHeld = true
    this.#subscription.close()
    this.#committer.stop()
    // Loops that wait end; what user code has stays out, and is not committed.
    this.#wake()
    // Listeners that hang shall not keep the rest from being done.
    const tell = () => (this.#isStarted ? this.#handOver.tellRevoking(this.#partitions) : Promise.resolve())
    await this.#limits.within(timeoutMs * listenersShare, tell)
    await this.#limits.within(deadlineMs - clock.monotonic(), async () => {
      await this.#committer.commitQuietly()
      await this.#group?.leave()
    })
    this.#committer.close()
    this.#group?.close()
    this.#hasClosed = true
    this.#partitions.drop(this.#partitions)
    this.#fetcher.close()
    this.#positioner.close()
    this.#unwatch()
    this.#untrack()
    this.#cluster.closeLane(this.#lane)
    this.#limits.end()
    if (this.#isOwner) await this.#cluster.close()
  }
}

function checkedOffset(offset: number): number {
  if (Number.isSafeInteger(offset) && offset >= 0) return offset
  throw new MillraceError('invalid-argument', `an offset is an integer from 0 on, not ${offset}`)
}
