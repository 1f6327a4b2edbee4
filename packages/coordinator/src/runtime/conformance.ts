/**
 * What every shard must do, over a log that commits late, refuses appends and loses writes: answers come after the commit of
 * what they saw, nothing waits for ever, and the state is what the log says, always. Run by each shard's test.
 */
import { ManualClock, type Random, randomBelow, seededRandom, silentLogger } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { MemoryLog, refusals } from './memory-log.ts'
import type { Outcome, Shard, ShardState } from './shard.ts'
import { ShardRuntime } from './shard-runtime.ts'

export interface ConformanceOptions<State extends ShardState, Command, Query, Entry, Reply> {
  readonly name: string
  /** A fresh shard. */
  readonly shard: () => Shard<State, Command, Query, Entry, Reply>
  /** Any command, sensible or not, that clients may send in any order; `replies` are those seen so far. */
  readonly command: (random: Random, replies: readonly Reply[]) => Command
  /** Queries that are answered from records alone. */
  readonly queries: readonly Query[]
  /** Default 12. */
  readonly seedCount?: number
  /** Default 300. */
  readonly stepCount?: number
  /** How far time moves at most in one step. Default 2 s. */
  readonly stepMsMax?: number
}

const commitTimeoutMs = 5_000

interface Sent<Reply> {
  /** The log's end right after the command was decided: its answer may depend on all before, as far as it is not lost. */
  end: number
  outcome: Outcome<Reply> | undefined
  isChecked: boolean
}

/** One run from a seed: a shard on its log, and the questions that are open. */
class Run<State extends ShardState, Command, Query, Entry, Reply> {
  readonly random: Random
  readonly clock = new ManualClock()
  readonly log = new MemoryLog()
  readonly replies: Reply[] = []
  readonly #options: ConformanceOptions<State, Command, Query, Entry, Reply>
  readonly #runtime: ShardRuntime<State, Command, Query, Entry, Reply>
  #sent: Sent<Reply>[] = []
  #epoch = 0

  constructor(seed: number, options: ConformanceOptions<State, Command, Query, Entry, Reply>) {
    this.random = seededRandom(seed)
    this.#options = options
    this.#runtime = new ShardRuntime(options.shard(), { clock: this.clock, logger: silentLogger, topic: '__test' })
  }

  async elect(): Promise<void> {
    this.#runtime.unload(0)
    await this.#runtime.load(0, ++this.#epoch, this.log)
  }

  send(): void {
    const command = this.#options.command(this.random, this.replies)
    const answer = this.#runtime.write(0, command, commitTimeoutMs)
    const sent: Sent<Reply> = { end: this.log.endOffset, outcome: undefined, isChecked: false }
    this.#sent.push(sent)
    void answer.then((outcome) => {
      sent.outcome = outcome
      if (outcome.kind === 'reply') this.replies.push(outcome.reply)
    })
  }

  /** Replies that came before the commit of what was written when they were asked for. */
  early(): number[] {
    const early: number[] = []
    for (const sent of this.#sent) {
      if (sent.outcome === undefined || sent.isChecked) continue
      sent.isChecked = true
      if (sent.outcome.kind === 'reply' && sent.end > this.log.highWatermark) early.push(sent.end)
    }
    this.#sent = this.#sent.filter(({ isChecked }) => !isChecked)
    return early
  }

  inspect(): unknown {
    return this.#runtime.inspect(0)
  }

  query(): Outcome<Reply>[] {
    return this.#options.queries.map((query) => this.#runtime.read(0, query))
  }

  /** State and answers of a shard that has just loaded the log up to `end`. */
  async replayed(end: number): Promise<{ state: unknown; answers: Outcome<Reply>[] }> {
    const deps = { clock: new ManualClock(), logger: silentLogger, topic: '__replay' }
    const fresh = new ShardRuntime(this.#options.shard(), deps)
    await fresh.load(0, 1, this.log.prefix(end))
    const answers = this.#options.queries.map((query) => fresh.read(0, query))
    const state = fresh.inspect(0)
    fresh.close()
    return { state, answers }
  }

  /** Loses everything from the end of some uncommitted batch on. */
  loseWrites(): void {
    const ends = [this.log.highWatermark, ...this.log.uncommittedEnds]
    const end = ends[randomBelow(this.random, ends.length)] as number
    this.log.failFrom(end)
    for (const sent of this.#sent) sent.end = Math.min(sent.end, end)
  }

  commitSome(): void {
    const ends = this.log.uncommittedEnds
    if (ends.length > 0) this.log.commitTo(ends[randomBelow(this.random, ends.length)] as number)
  }

  refuseSome(): void {
    this.log.refuseWith(refusals[randomBelow(this.random, refusals.length)])
  }

  get openCount(): number {
    return this.#runtime.parkedCount
  }

  close(): void {
    this.#runtime.close()
  }
}

async function flush(): Promise<void> {
  for (let count = 0; count < 20; count++) await Promise.resolve()
}

/** One random step. Refusals last for a step. */
async function step<State extends ShardState, Command, Query, Entry, Reply>(
  run: Run<State, Command, Query, Entry, Reply>,
  stepMsMax: number,
): Promise<void> {
  run.log.refuseWith(undefined)
  const dice = randomBelow(run.random, 100)
  if (dice < 55) run.send()
  else if (dice < 75) run.commitSome()
  else if (dice < 85) run.clock.advance(randomBelow(run.random, stepMsMax))
  else if (dice < 92) {
    run.refuseSome()
    run.send()
    run.clock.advance(1)
  } else if (dice < 98) run.loseWrites()
  else await run.elect()
  await flush()
}

/** Declares the suite. */
export function describeShard<State extends ShardState, Command, Query, Entry, Reply>(
  options: ConformanceOptions<State, Command, Query, Entry, Reply>,
): void {
  const { name, seedCount = 12, stepCount = 300, stepMsMax = 2000 } = options
  const seeds = Array.from({ length: seedCount }, (_, index) => index + 1)

  describe(`${name} as a shard`, () => {
    it.each(seeds)('has the state of a replay of its log after every fault (seed %i)', async (seed) => {
      const run = new Run(seed, options)
      await run.elect()
      for (let count = 0; count < stepCount; count++) {
        await step(run, stepMsMax)
        const { state } = await run.replayed(run.log.endOffset)
        expect(run.inspect(), `seed ${seed}, step ${count}`).toEqual(state)
      }
      run.close()
    })

    it.each(seeds)('answers only what is committed (seed %i)', async (seed) => {
      const run = new Run(seed, options)
      await run.elect()
      for (let count = 0; count < stepCount; count++) {
        await step(run, stepMsMax)
        expect(run.early(), `seed ${seed}, step ${count}: answered before offset`).toEqual([])
        const { answers } = await run.replayed(run.log.highWatermark)
        expect(run.query(), `seed ${seed}, step ${count}`).toEqual(answers)
      }
      run.close()
    })

    it.each(seeds)('leaves no request and no timer behind when it is closed (seed %i)', async (seed) => {
      const run = new Run(seed, options)
      await run.elect()
      for (let count = 0; count < stepCount; count++) await step(run, stepMsMax)
      run.close()
      await flush()
      expect([run.openCount, run.clock.pendingCount]).toEqual([0, 0])
    })
  })
}
