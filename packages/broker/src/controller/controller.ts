/**
 * The active controller: decides, appends, applies at once to its own state, and answers when the records are committed.
 * What it decided and lost is taken back: its state returns to the last committed image.
 */
import { assert, type Clock, type Logger, type Random, type Timer } from '@millrace/base'
import {
  BrokerSessions,
  bootstrapRecords,
  type ControllerContext,
  type ControllerSettings,
  type Decision,
  expireSessions,
  firstRecords,
  type MetadataImage,
  MetadataLoader,
} from '@millrace/metadata'
import type { MetadataRecord } from '@millrace/protocol'

/** This node is not the active controller (any more). What was asked may or may not have happened. */
export class NotControllerError extends Error {
  override readonly name = 'NotControllerError'
}

/** The way into the metadata log. */
export interface MetadataLogWriter {
  /** Offset of the next record. */
  readonly endOffset: number
  /** Appends the records as one batch. False: this node does not lead the log. */
  propose(records: readonly MetadataRecord[]): boolean
}

export interface ControllerOptions {
  readonly settings: ControllerSettings
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The static `min.insync.replicas`, which a new cluster starts with. */
  readonly minInsyncReplicas: number
  /** What a controller says of itself when it becomes active. */
  readonly registration: () => MetadataRecord
}

interface Parked {
  readonly endOffset: number
  settle(): void
  fail(error: Error): void
}

interface Active {
  readonly log: MetadataLogWriter
  readonly loader: MetadataLoader
  readonly sessions: BrokerSessions
}

export class Controller {
  readonly #options: ControllerOptions
  #active: Active | undefined
  #parked: Parked[] = []
  #sessionTimer: Timer | undefined
  #activations: (() => void)[] = []

  constructor(options: ControllerOptions) {
    this.#options = options
  }

  get isActive(): boolean {
    return this.#active !== undefined
  }

  /** This node leads the metadata log from here on, and `committed` is all that was ever decided. */
  activate(log: MetadataLogWriter, committed: MetadataImage): void {
    assert(this.#active === undefined, 'a controller is activated once per term')
    const sessions = new BrokerSessions(this.#options.settings.sessionTimeoutMs)
    this.#active = { log, loader: new MetadataLoader(committed), sessions }
    const nowMs = this.#options.clock.monotonic()
    // A new controller has heard of nobody: everybody gets a full session to say something.
    for (const broker of committed.brokers.values()) if (!broker.isFenced) sessions.start(broker.id, nowMs)
    if (committed.features.size === 0) {
      this.#append(firstRecords(bootstrapRecords(), this.#options.minInsyncReplicas))
    }
    this.#append([this.#options.registration()])
    this.#scheduleExpiry()
    for (const wake of this.#activations.splice(0)) wake()
  }

  /** This node leads no more. Callers are told; nothing of this term's uncommitted state is kept. */
  resign(): void {
    if (this.#active === undefined) return
    this.#active = undefined
    this.#sessionTimer?.cancel()
    this.#sessionTimer = undefined
    const error = new NotControllerError('the controller moved to another node before the change was committed')
    for (const parked of this.#parked.splice(0)) parked.fail(error)
  }

  /** Everything below `offset` is committed and applied on this broker: answers may leave. */
  committed(offset: number): void {
    let count = 0
    while (count < this.#parked.length && (this.#parked[count] as Parked).endOffset <= offset) count++
    for (const parked of this.#parked.splice(0, count)) parked.settle()
  }

  /** Resolves at the next activation, or now. */
  whenActive(): Promise<void> {
    return this.#active === undefined ? new Promise((resolve) => this.#activations.push(resolve)) : Promise.resolve()
  }

  /**
   * Decides and appends at once; resolves with the reply when all it rests on is committed. Rejects with
   * {@link NotControllerError}.
   */
  submit<Reply>(decide: (context: ControllerContext) => Decision<Reply>): Promise<Reply> {
    const active = this.#active
    if (active === undefined) return Promise.reject(new NotControllerError('this node is not the active controller'))
    const { records, reply } = decide(this.#context(active))
    if (records.length > 0 && !this.#append(records)) {
      return Promise.reject(new NotControllerError('this node no longer leads the metadata log'))
    }
    this.#scheduleExpiry()
    return new Promise((resolve, reject) => {
      // A reply without records may rest on a decision that is not committed yet.
      const last = this.#parked.at(-1)
      const endOffset = records.length > 0 ? active.log.endOffset : (last?.endOffset ?? 0)
      if (records.length === 0 && last === undefined) resolve(reply)
      else this.#parked.push({ endOffset, settle: () => resolve(reply), fail: reject })
    })
  }

  /** The state with everything decided, committed or not; undefined while another node is active. */
  get image(): MetadataImage | undefined {
    return this.#active?.loader.image
  }

  #context(active: Active): ControllerContext {
    return {
      image: active.loader.image,
      settings: this.#options.settings,
      sessions: active.sessions,
      random: this.#options.random,
      nowMs: this.#options.clock.monotonic(),
      nextOffset: active.log.endOffset,
    }
  }

  #append(records: readonly MetadataRecord[]): boolean {
    const active = this.#active
    if (active === undefined) return false
    const baseOffset = active.log.endOffset
    if (!active.log.propose(records)) return false
    active.loader.load(records, baseOffset)
    return true
  }

  /** One timer for the session that ends first. */
  #scheduleExpiry(): void {
    const active = this.#active
    if (active === undefined) return
    this.#sessionTimer?.cancel()
    const expiresMs = active.sessions.nextExpiryMs()
    if (expiresMs === Number.POSITIVE_INFINITY) return
    const delayMs = Math.max(0, expiresMs - this.#options.clock.monotonic())
    this.#sessionTimer = this.#options.clock.schedule(delayMs, () => this.#expire())
  }

  #expire(): void {
    this.#sessionTimer = undefined
    this.submit(expireSessions).then(
      (fenced) => {
        for (const brokerId of fenced) {
          this.#options.logger.warn('Fenced a broker that was not heard of for too long', { brokerId })
        }
      },
      // Resigned meanwhile: the next controller expires sessions.
      () => {},
    )
  }
}
