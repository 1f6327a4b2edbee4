/** One loaded coordinator partition: runs a shard over its log, parks answers until they are committed, and keeps its timers. */
import { assert, type Clock, type Logger, type Timer, type TimerWheel } from '@millrace/base'
import { EncodeError, ErrorCode, RecordsError } from '@millrace/protocol'
import { encodeDecision } from './decision-batch.ts'
import { loadLog } from './load.ts'
import type { PartitionLog } from './partition-log.ts'
import { type Answer, type Decision, noToken, type Outcome, type Shard, type ShardState, type Token } from './shard.ts'

/** What a shard is hosted with. */
export interface HostDeps {
  readonly clock: Clock
  /** Shared by all shards of a runtime. */
  readonly wheel: TimerWheel
  readonly logger: Logger
  /** How many bytes one read takes while loading: `offsets.load.buffer.size`. */
  readonly loadSizeMax: number
}

interface Parked<Reply> {
  readonly resolve: (outcome: Outcome<Reply>) => void
  readonly commitTimeoutMs: number
  /** Runs while a decided answer waits for its commit. */
  timer: Timer | undefined
}

interface Waiting<Reply> {
  /** The answer may go when everything below this offset is committed. */
  readonly end: number
  readonly answer: Answer<Reply>
}

/** A command of a timer whose append was refused is tried again after this time. */
const timerRetryMs = 500

/** With more records than this uncommitted, requests are refused: the way back for each takes memory. */
const uncommittedCountMax = 100_000

/** `loading` until the log is read, then `active`; `failed` when it cannot be read or contradicts itself; `closed` at the end. */
export type HostState = 'loading' | 'active' | 'failed' | 'closed'

export class HostedShard<State extends ShardState, Command, Query, Entry, Reply> {
  readonly #shard: Shard<State, Command, Query, Entry, Reply>
  readonly #log: PartitionLog
  readonly #name: string
  readonly #deps: HostDeps
  readonly #stopListening: () => void
  readonly #timers = new Map<string, Timer>()
  readonly #parked = new Map<Token, Parked<Reply>>()
  /** Decided answers, by increasing end. */
  #waiting: Waiting<Reply>[] = []
  #state: State
  #hostState: HostState = 'loading'
  #nextToken: Token = 0
  /** The end of what is applied to the state. */
  #appliedEnd: number
  /** The log calls back from inside `append`: what it says is dealt with after the entries are applied. */
  #appending = false
  #truncatedTo: number | undefined

  constructor(shard: Shard<State, Command, Query, Entry, Reply>, name: string, log: PartitionLog, deps: HostDeps) {
    this.#shard = shard
    this.#name = name
    this.#log = log
    this.#deps = deps
    this.#state = shard.create()
    this.#appliedEnd = log.logStartOffset
    this.#stopListening = log.listen({
      onHighWatermark: () => {
        if (!this.#appending) this.#advance()
      },
      onFailure: (truncatedTo) => {
        this.#truncatedTo = Math.min(this.#truncatedTo ?? truncatedTo, truncatedTo)
        if (!this.#appending) this.#revert()
      },
    })
  }

  get hostState(): HostState {
    return this.#hostState
  }

  /** Requests without an answer. */
  get parkedCount(): number {
    return this.#parked.size
  }

  /** What {@link Shard.inspect} shows. */
  inspect(): unknown {
    return this.#shard.inspect(this.#state)
  }

  /** Replays the log. Never rejects: a log that cannot be read leaves the shard `failed`. */
  async load(): Promise<void> {
    try {
      const end = await loadLog(this.#shard, this.#state, this.#log, {
        sizeMax: this.#deps.loadSizeMax,
        isCancelled: () => this.#hostState !== 'loading',
        onUnknownRecord: (offset) =>
          this.#deps.logger.warn('a record of an unknown type was skipped', { partition: this.#name, offset }),
      })
      if (this.#hostState !== 'loading') return
      this.#appliedEnd = end
      this.#hostState = 'active'
    } catch (error) {
      if (this.#hostState === 'loading') this.#fail('the coordinator partition could not be loaded', error)
      return
    }
    this.#carryOut(this.#shard.loaded(this.#state, this.#deps.clock.now()))
    this.#advance()
  }

  /** Decides `command` now; resolves when the answer may be given. `commitTimeoutMs` limits the wait for its commit. */
  submit(command: Command, commitTimeoutMs: number): Promise<Outcome<Reply>> {
    const unavailable = this.#unavailable() ?? this.#overloaded()
    if (unavailable !== undefined) return Promise.resolve(unavailable)
    const token = this.#nextToken++
    return new Promise((resolve) => {
      this.#parked.set(token, { resolve, commitTimeoutMs, timer: undefined })
      this.#run(command, token)
    })
  }

  /** Answers from committed state. */
  query(query: Query): Outcome<Reply> {
    const unavailable = this.#unavailable()
    if (unavailable !== undefined) return unavailable
    const context = { now: this.#deps.clock.now(), committedOffset: this.#log.highWatermark }
    return { kind: 'reply', reply: this.#shard.query(this.#state, query, context) }
  }

  /** Ends it: everything that waits fails with `errorCode`. */
  close(errorCode: number): void {
    if (this.#hostState === 'closed') return
    this.#hostState = 'closed'
    this.#drop(errorCode)
  }

  #unavailable(): Outcome<Reply> | undefined {
    switch (this.#hostState) {
      case 'active':
        return undefined
      case 'loading':
        return { kind: 'failed', errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }
      default:
        return { kind: 'failed', errorCode: ErrorCode.NOT_COORDINATOR }
    }
  }

  #overloaded(): Outcome<Reply> | undefined {
    if (this.#appliedEnd - this.#log.highWatermark <= uncommittedCountMax) return undefined
    return { kind: 'failed', errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE }
  }

  /** False when the log refused what the command wrote. */
  #run(command: Command, token: Token): boolean {
    const now = this.#deps.clock.now()
    const decision = this.#shard.decide(this.#state, command, { now, token })
    const refusal = this.#write(decision, now)
    if (refusal === undefined) this.#carryOut(decision)
    else this.#refuse(token, decision, refusal, now)
    if (this.#truncatedTo !== undefined) this.#revert()
    this.#advance()
    return refusal === undefined
  }

  /** Nothing of the decision happens; whoever it would have answered is told why. */
  #refuse(token: Token, decision: Decision<Command, Entry, Reply>, errorCode: number, now: number): void {
    this.#settle(token, { kind: 'failed', errorCode })
    for (const answer of decision.answers) this.#settle(answer.token, { kind: 'failed', errorCode })
    this.#carryOut(this.#shard.refused(this.#state, decision.entries, now))
  }

  /** An error code for what no record can hold: a text from a client that is not UTF-8 may grow when it is written. */
  #encode(decision: Decision<Command, Entry, Reply>, now: number): Buffer | number | undefined {
    try {
      return encodeDecision(this.#shard, decision, now)
    } catch (error) {
      if (!(error instanceof EncodeError || error instanceof RecordsError)) throw error
      this.#deps.logger.warn('a record cannot be written', { partition: this.#name, cause: error })
      return ErrorCode.UNKNOWN_SERVER_ERROR
    }
  }

  /** Appends and applies what the decision writes. Returns the error code when the log refuses. */
  #write(decision: Decision<Command, Entry, Reply>, now: number): number | undefined {
    const batch = this.#encode(decision, now)
    if (batch === undefined || typeof batch === 'number') return batch
    this.#appending = true
    const result = this.#log.append(batch)
    this.#appending = false
    if (result.kind === 'refused') return result.errorCode
    assert(result.baseOffset >= this.#appliedEnd, `${this.#name}: offset ${result.baseOffset} was assigned twice`)
    if (decision.marker !== undefined) {
      this.#shard.endTransaction(this.#state, decision.marker)
    } else {
      decision.entries.forEach((entry, index) => {
        this.#shard.apply(this.#state, entry, result.baseOffset + index, decision.producer)
      })
    }
    this.#appliedEnd = result.lastOffset + 1
    this.#state.timeline.snapshot(this.#appliedEnd)
    return undefined
  }

  #carryOut(decision: Decision<Command, Entry, Reply>): void {
    for (const effect of decision.timers) {
      if (effect.kind === 'cancel') this.#cancelTimer(effect.key)
      else this.#schedule(effect.key, effect.delayMs, effect.command)
    }
    for (const answer of decision.answers) this.#park(answer)
  }

  /** Keeps an answer until all that is applied, and may have shaped it, is committed. */
  #park(answer: Answer<Reply>): void {
    const parked = this.#parked.get(answer.token)
    if (parked === undefined) return
    if (answer.outcome.kind === 'failed' || this.#appliedEnd <= this.#log.highWatermark) {
      this.#settle(answer.token, answer.outcome)
      return
    }
    this.#waiting.push({ end: this.#appliedEnd, answer })
    parked.timer = this.#deps.wheel.schedule(parked.commitTimeoutMs, () => {
      this.#settle(answer.token, { kind: 'failed', errorCode: ErrorCode.REQUEST_TIMED_OUT })
      this.#forgetAnswered()
    })
  }

  #settle(token: Token, outcome: Outcome<Reply>): void {
    if (token === noToken) return
    const parked = this.#parked.get(token)
    if (parked === undefined) return
    this.#parked.delete(token)
    parked.timer?.cancel()
    parked.resolve(outcome)
  }

  #advance(): void {
    if (this.#hostState !== 'active') return
    const highWatermark = this.#log.highWatermark
    this.#state.timeline.dropBelow(highWatermark)
    let count = 0
    while (count < this.#waiting.length) {
      const { end, answer } = this.#waiting[count] as Waiting<Reply>
      if (end > highWatermark) break
      this.#settle(answer.token, answer.outcome)
      count++
    }
    if (count > 0) this.#waiting = this.#waiting.slice(count)
  }

  /** While nothing is committed for long, answers that timed out must not pile up. */
  #forgetAnswered(): void {
    if (this.#waiting.length > 2 * this.#parked.size) {
      this.#waiting = this.#waiting.filter(({ answer }) => this.#parked.has(answer.token))
    }
  }

  #revert() {
    const end = this.#truncatedTo as number
    this.#truncatedTo = undefined
    // While loading, nothing was answered yet: start over is the only thing that is surely right.
    if (this.#hostState === 'loading') return this.#fail('the log was truncated while it was loaded', undefined)
    if (this.#hostState !== 'active' || end >= this.#appliedEnd) return
    if (!this.#state.timeline.has(end)) {
      return this.#fail(`the log was truncated to ${end}, which is no end of an uncommitted batch`, undefined)
    }
    this.#deps.logger.warn('records of the coordinator were lost and are taken back', { partition: this.#name, end })
    this.#state.timeline.revertTo(end)
    this.#appliedEnd = end
    const decision = this.#shard.reverted(this.#state, this.#deps.clock.now())
    const lost = this.#waiting.filter((waiting) => waiting.end > end)
    this.#waiting = this.#waiting.filter((waiting) => waiting.end <= end)
    for (const { answer } of lost) {
      this.#settle(answer.token, { kind: 'failed', errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE })
    }
    this.#carryOut(decision)
  }

  #schedule(key: string, delayMs: number, command: Command): void {
    this.#cancelTimer(key)
    const timer = this.#deps.wheel.schedule(delayMs, () => {
      this.#timers.delete(key)
      if (!this.#run(command, noToken) && !this.#timers.has(key)) this.#schedule(key, timerRetryMs, command)
    })
    this.#timers.set(key, timer)
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.cancel()
    this.#timers.delete(key)
  }

  #fail(message: string, cause: unknown): void {
    this.#deps.logger.error(message, { partition: this.#name, cause })
    this.#hostState = 'failed'
    this.#drop(ErrorCode.NOT_COORDINATOR)
  }

  #drop(errorCode: number): void {
    this.#stopListening()
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.#waiting = []
    for (const token of [...this.#parked.keys()]) this.#settle(token, { kind: 'failed', errorCode })
    this.#state = this.#shard.create()
  }
}
