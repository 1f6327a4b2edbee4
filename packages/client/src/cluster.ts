/** A connection to a cluster: sends any request to the right broker. What producers, consumers and admin clients are made of. */
import {
  type Clock,
  type Logger,
  loadNativeCrc32c,
  type Random,
  shuffle,
  TimerWheel,
  type Workers,
} from '@millrace/base'
import { type Address, formatAddress } from '@millrace/network'
import {
  type Api,
  type ErrorFacts,
  type Fields,
  FindCoordinator,
  Metadata,
  type MetadataResponse,
  type Static,
} from '@millrace/protocol'
import manifest from '../package.json' with { type: 'json' }
import { type BodyFor, Call } from './call.ts'
import {
  type CoordinatorKind,
  Coordinators,
  findCoordinatorMin,
  findCoordinatorRequest,
  readCoordinator,
} from './coordinators.ts'
import { connectionChannel } from './diagnostics.ts'
import { abortedError, MillraceError, toMillraceError } from './error.ts'
import type { Link, LinkChange } from './link.ts'
import { type Lane, Links, mainLane } from './links.ts'
import { MetadataKeeper } from './metadata-keeper.ts'
import type { BrokerEndpoint, MetadataSnapshot, PartitionMetadata } from './metadata-snapshot.ts'
import { type ClusterOptions, type ResolvedClusterOptions, resolveClusterOptions } from './options.ts'
import { type BackoffOptions, backoffMs, type Remedy, remedyForError } from './retry.ts'
import { type RouteHints, route } from './route.ts'
import type { VersionLimits } from './versions.ts'

/** The SDK, as brokers are told of it. */
const software = { name: 'millrace', version: manifest.version }

const inFlightMax = 1000
const queueMax = 10_000
/** Brokers asked, one after the other, before a request that any of them could answer is given up. */
const triesMax = 8

/** Where a request goes, besides what its API says, and how long it may take. */
export interface SendOptions extends RouteHints {
  readonly signal?: AbortSignal | undefined
  /** How long it may take, connecting included. Default: the cluster's `requestTimeoutMs`. */
  readonly timeoutMs?: number | undefined
  /** Bounds for the version. */
  readonly versions?: VersionLimits | undefined
  /** Requests of different lanes do not wait for each other. Default: the main lane. */
  readonly lane?: Lane | undefined
}

/** How long an operation is tried again, and what is looked up anew in between. */
export interface RetryOptions {
  readonly signal?: AbortSignal | undefined
  /** How long to go on trying. Default: the cluster's `retryTimeoutMs`. */
  readonly timeoutMs?: number | undefined
  /** Whose coordinator is looked for again when an error asks for that. */
  readonly group?: string | undefined
  readonly transactionalId?: string | undefined
}

/** A connection to a cluster: finds the brokers, remembers who leads what, and sends each request to the one that answers it. */
export class Cluster {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** For what takes too long for the event loop. */
  readonly workers: Workers
  readonly #ownsWorkers: boolean
  /** On the machine's own network, and not on one that a test made. */
  readonly #isOnNetwork: boolean
  /** Timeouts of everything that belongs to this cluster, in ticks of 5 ms. */
  readonly timers: TimerWheel
  readonly #options: ResolvedClusterOptions
  readonly #links: Links
  readonly #metadata: MetadataKeeper
  readonly #coordinators: Coordinators
  /** Addresses that FindCoordinator named before Metadata did. */
  readonly #hintedAddresses = new Map<number, Address>()
  /** Ends a {@link sleep} with an error. */
  readonly #sleepers = new Set<(error: MillraceError) => void>()
  #closeError: MillraceError | undefined
  #isReachable = true
  #laneCount = 0

  /** Connects when first needed. Throws {@link MillraceError} `invalid-argument`. */
  constructor(options: ClusterOptions) {
    const resolved = resolveClusterOptions(options)
    this.#options = resolved
    this.clock = resolved.clock
    this.random = resolved.random
    this.logger = resolved.logger
    this.workers = resolved.workers
    this.#ownsWorkers = options.workers === undefined
    this.#isOnNetwork = options.transport === undefined
    this.timers = new TimerWheel(resolved.clock)
    this.#links = new Links({
      transport: resolved.transport,
      clock: resolved.clock,
      random: resolved.random,
      timers: this.timers,
      clientId: resolved.clientId,
      software,
      setup: resolved.setup,
      connectTimeoutMs: resolved.connectTimeoutMs,
      responseSizeMax: resolved.responseSizeMax,
      inFlightMax,
      queueMax,
      idleMs: resolved.connectionIdleMs,
      backoff: { minMs: resolved.reconnectBackoffMs, maxMs: resolved.reconnectBackoffMaxMs, jitter: 0.2 },
      onChange: (link, change) => this.#onLinkChange(link, change),
    })
    this.#metadata = new MetadataKeeper({
      clock: resolved.clock,
      maxAgeMs: resolved.metadataMaxAgeMs,
      refreshGapMs: resolved.retryBackoffMs,
      fetch: (topics, allowCreation) => this.#fetchMetadata(topics, allowCreation),
      onError: (error) => this.logger.warn('metadata cannot be refreshed', { reason: error.message }),
    })
    this.#metadata.watch((snapshot) => this.#onMetadata(snapshot))
    this.#coordinators = new Coordinators((kind, key) => this.#findCoordinator(kind, key))
  }

  get clientId(): string {
    return this.#options.clientId
  }

  get requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs
  }

  /** Age after which metadata of topics in use is asked for again. */
  get metadataMaxAgeMs(): number {
    return this.#options.metadataMaxAgeMs
  }

  get backoff(): BackoffOptions {
    return { minMs: this.#options.retryBackoffMs, maxMs: this.#options.retryBackoffMaxMs, jitter: 0.2 }
  }

  get isClosed(): boolean {
    return this.#closeError !== undefined
  }

  /** What is known now, without asking anybody. */
  get snapshot(): MetadataSnapshot {
    return this.#metadata.snapshot
  }

  /**
   * Sends a request to the broker that its API and the options say, in the highest version that both sides speak, and gives the
   * answer, whatever error codes are in it. Nothing is tried twice, except that any broker will do for APIs that say so.
   * Requests to one node in one lane leave in the order of the calls when they name the node.
   *
   * Rejects with {@link MillraceError}: `connection`, `timeout`, `aborted`, `closed`, `unsupported-version`, `protocol`,
   * `overloaded`, `invalid-argument`; and `broker` when a coordinator cannot be found.
   */
  send<const Req extends Fields, const Res extends Fields>(
    api: Api<Req, Res>,
    body: BodyFor<Req>,
    options: SendOptions = {},
  ): Promise<Static<Res>> {
    return this.#send(api as unknown as Api<Fields, Fields>, body as BodyFor<Fields>, options, false) as Promise<
      Static<Res>
    >
  }

  /** Sends a request that has no answer (Produce with acks=0); resolves once it is written. Rejects as {@link send}. */
  async post<const Req extends Fields>(
    api: Api<Req, unknown>,
    body: BodyFor<Req>,
    options: SendOptions = {},
  ): Promise<void> {
    await this.#send(api as unknown as Api<Fields, Fields>, body as BodyFor<Fields>, options, true)
  }

  /**
   * Calls `attempt` until it succeeds, fails with an error that is not retriable, or time is up (its last error is given then).
   * Between two tries it waits, and asks for metadata or the coordinator again if the error says so. `attempt` gets the time
   * that is left.
   */
  async retry<T>(attempt: (remainingMs: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
    const deadlineMs = this.clock.monotonic() + (options.timeoutMs ?? this.#options.retryTimeoutMs)
    for (let failureCount = 1; ; failureCount++) {
      if (options.signal?.aborted) throw abortedError(options.signal, 'The operation')
      try {
        return await attempt(Math.max(1, deadlineMs - this.clock.monotonic()))
      } catch (error) {
        const remedy = this.#closeError === undefined ? remedyForError(error) : undefined
        const waitMs = backoffMs(failureCount, this.random, this.backoff)
        if (remedy?.retriable !== true || this.clock.monotonic() + waitMs >= deadlineMs) throw error
        this.applyRemedy(remedy, options)
        await this.sleep(waitMs, options.signal)
      }
    }
  }

  /** Does what an error asks for, apart from waiting. */
  applyRemedy(
    remedy: Remedy | ErrorFacts,
    { group, transactionalId }: Pick<RetryOptions, 'group' | 'transactionalId'> = {},
  ): void {
    if (remedy.refreshMetadata) this.#metadata.refreshSoon()
    if (!remedy.refreshCoordinator) return
    if (group !== undefined) this.#coordinators.forget('group', group)
    if (transactionalId !== undefined) this.#coordinators.forget('transaction', transactionalId)
  }

  /** Waits; rejects with {@link MillraceError} `aborted`, or `closed` when the cluster connection is closed meanwhile. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#closeError !== undefined) return Promise.reject(this.#closeError)
    if (signal?.aborted) return Promise.reject(abortedError(signal, 'Waiting'))
    return new Promise<void>((resolve, reject) => {
      const end = (error?: MillraceError) => {
        this.#sleepers.delete(end)
        signal?.removeEventListener('abort', onAbort)
        timer.cancel()
        if (error === undefined) resolve()
        else reject(error)
      }
      const onAbort = () => end(abortedError(signal as AbortSignal, 'Waiting'))
      const timer = this.clock.schedule(delayMs, () => end())
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#sleepers.add(end)
    })
  }

  /** A lane that no one else uses. {@link closeLane} gives its connections back. */
  newLane(purpose: string): Lane {
    this.#laneCount++
    return `${purpose}-${this.#laneCount}`
  }

  /** Drops the connections of a lane. What waits on them is rejected with `closed`. */
  closeLane(lane: Lane): void {
    this.#links.close(new MillraceError('closed', `The lane ${lane} has been closed`), lane)
  }

  /** Asks for these topics, or for all of them, now. A topic that does not exist is in the result with its error code. */
  metadata(
    topics?: readonly string[],
    options: { readonly signal?: AbortSignal; readonly allowAutoTopicCreation?: boolean } = {},
  ): Promise<MetadataSnapshot> {
    const refreshed = this.#metadata.refresh(topics ?? 'all', options.allowAutoTopicCreation)
    return this.#abortable(refreshed, options.signal, 'Asking for metadata')
  }

  /** Asks for the topics in use again in a moment. */
  refreshMetadataSoon(): void {
    this.#metadata.refreshSoon()
  }

  /** Calls `listener` after every change of the metadata; the result ends that. */
  watchMetadata(listener: (snapshot: MetadataSnapshot) => void): () => void {
    return this.#metadata.watch(listener)
  }

  /** Keeps these topics' metadata fresh until the result is called. */
  trackTopics(topics: Iterable<string>): () => void {
    return this.#metadata.track(topics)
  }

  /** Takes news of a leader from a Produce or Fetch answer (KIP-951). */
  noteLeader(
    topic: string,
    partition: number,
    leader: { readonly leaderId: number; readonly leaderEpoch: number },
    endpoints: readonly BrokerEndpoint[],
  ): void {
    this.#metadata.noteLeader(topic, partition, leader, endpoints)
  }

  /** The partitions of a topic as far as known; undefined when the topic is not. */
  partitionsOf(topic: string): readonly PartitionMetadata[] | undefined {
    const known = this.snapshot.topics.get(topic)
    return known === undefined || known.errorCode !== 0 ? undefined : known.partitions
  }

  /** The node that leads a partition as far as known; undefined when there is none. */
  leaderOf(topic: string, partition: number): number | undefined {
    const leader = this.snapshot.topics.get(topic)?.partitions[partition]?.leader ?? -1
    return leader < 0 ? undefined : leader
  }

  /** The node that coordinates a group or transactional id; asked for when not known. One try. */
  async coordinatorFor(kind: CoordinatorKind, key: string): Promise<number> {
    const answer = await this.#coordinators.find(kind, key)
    this.#hintAddress(answer.nodeId, answer)
    return answer.nodeId
  }

  /** The next request for this group or transactional id looks for its coordinator again. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.forget(kind, key)
  }

  /** Ends everything now: what waits is rejected with `closed`, connections are dropped. */
  async close(): Promise<void> {
    if (this.#closeError !== undefined) return
    const error = new MillraceError('closed', 'The cluster connection has been closed')
    this.#closeError = error
    this.#metadata.close(error)
    this.#links.close(error)
    for (const end of [...this.#sleepers]) end(error)
    this.timers.close()
    if (this.#ownsWorkers) await this.workers.close()
  }

  /** As {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #send(api: Api<Fields, Fields>, body: BodyFor<Fields>, options: SendOptions, isOneWay: boolean): Promise<unknown> {
    if (this.#closeError !== undefined) return Promise.reject(this.#closeError)
    try {
      const destination = route(api, options, this.snapshot)
      if (destination.to === 'node') return this.#sendToNode(destination.node, api, body, options, isOneWay)
      if (destination.to === 'any') return this.#sendToAny(api, body, options)
      return this.#sendToCoordinator(destination.kind, destination.key, api, body, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #callAt(
    address: Address,
    api: Api<Fields, Fields>,
    body: BodyFor<Fields>,
    options: SendOptions,
    isOneWay = false,
  ): Promise<unknown> {
    const limits = options.versions ?? {}
    const timeoutMs = options.timeoutMs ?? this.#options.requestTimeoutMs
    const call = new Call(api, body, { limits, timeoutMs, signal: options.signal, isOneWay }, this.clock.monotonic())
    this.#links.get(address, options.lane ?? mainLane).send(call)
    return call.promise
  }

  #sendToNode(
    node: number,
    api: Api<Fields, Fields>,
    body: BodyFor<Fields>,
    options: SendOptions,
    isOneWay = false,
  ): Promise<unknown> {
    const address = this.#addressOf(node)
    if (address !== undefined) return this.#callAt(address, api, body, options, isOneWay)
    const message = `${api.name}: broker ${node} is not known${this.snapshot.brokers.size === 0 ? ' yet' : ' to be alive'}`
    return Promise.reject(new MillraceError('connection', message, { retriable: true, apiName: api.name }))
  }

  #addressOf(node: number): Address | undefined {
    return this.snapshot.brokers.get(node) ?? this.#hintedAddresses.get(node)
  }

  /** Brokers that are known, in random order, then the configured ones: one of them may still be there when all others moved. */
  #candidates(lane: Lane): readonly Address[] {
    const known = [...this.snapshot.brokers.values()]
    const names = new Set(known.map(formatAddress))
    const configured = this.#options.addresses.filter((address) => !names.has(formatAddress(address)))
    const byEagerness = (addresses: readonly Address[]) =>
      this.#links.byEagerness(shuffle(this.random, [...addresses]), lane)
    return [...byEagerness(known), ...byEagerness(configured)].slice(0, triesMax)
  }

  async #sendToAny(api: Api<Fields, Fields>, body: BodyFor<Fields>, options: SendOptions): Promise<unknown> {
    const deadlineMs = this.clock.monotonic() + (options.timeoutMs ?? this.#options.requestTimeoutMs)
    let lastError: MillraceError | undefined
    for (const address of this.#candidates(options.lane ?? mainLane)) {
      const remainingMs = deadlineMs - this.clock.monotonic()
      if (remainingMs <= 0) break
      try {
        const answer = await this.#callAt(address, api, body, { ...options, timeoutMs: remainingMs })
        this.#onReachable()
        return answer
      } catch (error) {
        lastError = toMillraceError(error, api.name)
        // Only a broker that could not be reached says nothing about what the next one would answer. What changes something is
        // not asked for twice.
        const isLost = lastError.code === 'connection' && !(lastError.mayHaveArrived && api.forwardable)
        if (!isLost || this.#closeError !== undefined) throw lastError
      }
    }
    throw this.#unreachable(api.name, lastError)
  }

  #unreachable(apiName: string, cause: MillraceError | undefined): MillraceError {
    const reason = cause?.message ?? 'there was no time to ask any'
    const error = new MillraceError('connection', `${apiName}: no broker could be asked; the last one: ${reason}`, {
      retriable: true,
      apiName,
      cause,
    })
    if (this.#isReachable) {
      this.#isReachable = false
      this.#options.onState?.({ type: 'unreachable', error })
    }
    return error
  }

  #onReachable(): void {
    if (this.#isReachable) return
    this.#isReachable = true
    this.#options.onState?.({ type: 'reachable' })
  }

  async #sendToCoordinator(
    kind: CoordinatorKind,
    key: string,
    api: Api<Fields, Fields>,
    body: BodyFor<Fields>,
    options: SendOptions,
  ): Promise<unknown> {
    const node = await this.#abortable(this.coordinatorFor(kind, key), options.signal, api.name)
    return this.#sendToNode(node, api, body, options)
  }

  #hintAddress(node: number, address: Address): void {
    if (this.snapshot.brokers.has(node)) return
    this.#hintedAddresses.set(node, { host: address.host, port: address.port })
  }

  #fetchMetadata(topics: readonly string[] | null, allowCreation: boolean): Promise<MetadataResponse> {
    const names = topics?.map((name) => ({ name })) ?? null
    return this.send(
      Metadata,
      // Before version 4 a broker decides alone whether a topic is created by asking for it.
      (version) => (version >= 4 ? { topics: names, allowAutoTopicCreation: allowCreation } : { topics: names }),
      { versions: { min: 1 } },
    )
  }

  async #findCoordinator(kind: CoordinatorKind, key: string) {
    const response = await this.send(FindCoordinator, (version) => findCoordinatorRequest(kind, key, version), {
      versions: { min: findCoordinatorMin(kind) },
    })
    return readCoordinator(kind, key, response)
  }

  #onMetadata(snapshot: MetadataSnapshot): void {
    for (const node of snapshot.brokers.keys()) this.#hintedAddresses.delete(node)
    const known = new Set([...snapshot.brokers.values(), ...this.#hintedAddresses.values()].map(formatAddress))
    for (const address of this.#options.addresses) known.add(formatAddress(address))
    const error = new MillraceError('connection', 'No broker has this address any more', { retriable: true })
    this.#links.prune((address) => known.has(formatAddress(address)), error)
  }

  #onLinkChange(link: Link, change: LinkChange): void {
    const { address } = link
    const fields = { broker: formatAddress(address) }
    if (connectionChannel.hasSubscribers) {
      const event = change.type === 'failed' ? 'connect-failed' : change.type
      const error = change.type === 'connected' ? undefined : change.error
      connectionChannel.publish({ clientId: this.clientId, ...fields, event, error })
    }
    if (change.type === 'connected') {
      this.logger.debug('connected', fields)
      // After the first connection, because loading it takes longer than what it saves a client that connects and ends.
      if (this.#isOnNetwork) void loadNativeCrc32c()
      this.#options.onState?.({ type: 'connected', address })
      return
    }
    this.logger.info(change.type === 'failed' ? 'cannot connect' : 'connection lost', {
      ...fields,
      reason: change.error.message,
    })
    // Whoever was behind this address may be gone for good: leaders and addresses may have moved.
    if (this.#closeError === undefined && this.#metadata.isTracking) this.#metadata.refreshSoon()
    if (change.type === 'disconnected') this.#options.onState?.({ type: 'disconnected', address, error: change.error })
    else this.#options.onState?.({ type: 'connect-failed', address, error: change.error, retryMs: change.retryMs })
  }

  #abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
    if (signal === undefined) return promise
    if (signal.aborted) {
      promise.catch(() => {})
      return Promise.reject(abortedError(signal, what))
    }
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => reject(abortedError(signal, what))
      signal.addEventListener('abort', onAbort, { once: true })
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }
}
