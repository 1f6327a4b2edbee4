/** Finds the offset to begin at for partitions that have none: the committed one, or what the options or a reset ask for. */
import type { Timer } from '@millrace/base'
import { backoffMs, type Cluster, type Lane, MillraceError, remedyForError, toMillraceError } from '@millrace/client'
import { targetKey } from './fetch-session.ts'
import { fetchOffsets } from './group-offsets.ts'
import { lookUpOffsets } from './offset-lookup.ts'
import type { ResolvedSettings } from './options.ts'
import type { PartitionState, StartAt } from './partition-state.ts'

export interface PositionerEvents {
  /** Some partitions can be fetched now. */
  readonly onPositioned: () => void
  /** Reading goes on at `to`, because `from` was gone. */
  readonly onReset: (state: PartitionState, from: number, to: number) => void
  readonly onStalled: (error: MillraceError) => void
  readonly onFatal: (error: MillraceError) => void
}

export class Positioner {
  readonly #cluster: Cluster
  readonly #settings: ResolvedSettings
  readonly #events: PositionerEvents
  readonly #lane: Lane
  #states: readonly PartitionState[] = []
  #isRunning = false
  #failureCount = 0
  #timer: Timer | undefined
  #isClosed = false

  constructor(cluster: Cluster, settings: ResolvedSettings, lane: Lane, events: PositionerEvents) {
    this.#cluster = cluster
    this.#settings = settings
    this.#events = events
    this.#lane = lane
  }

  assign(states: readonly PartitionState[]): void {
    this.#states = states
    this.run()
  }

  /** Looks for all positions that are missing; again and again until all are found. */
  run(): void {
    if (this.#isRunning || this.#isClosed || this.#missing().length === 0) return
    this.#isRunning = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#round().then(
      () => this.#onRound(undefined),
      (error) => this.#onRound(toMillraceError(error, 'Looking for the position')),
    )
  }

  close(): void {
    this.#isClosed = true
    this.#states = []
    this.#timer?.cancel()
  }

  #missing(): readonly PartitionState[] {
    return this.#states.filter((state) => !state.isPositioned && !state.isRevoked)
  }

  #onRound(error: MillraceError | undefined): void {
    this.#isRunning = false
    if (this.#isClosed) return
    this.#events.onPositioned()
    if (error === undefined) {
      this.#failureCount = 0
      this.run()
      return
    }
    this.#failureCount++
    this.#cluster.applyRemedy(remedyForError(error), { group: this.#settings.group })
    // The first failure is often only metadata that is not there yet.
    if (error.retriable && this.#failureCount > 1) this.#events.onStalled(error)
    else if (!error.retriable) this.#events.onFatal(error)
    const { clock, random, backoff } = this.#cluster
    this.#timer = clock.schedule(backoffMs(this.#failureCount, random, backoff), () => this.run())
  }

  async #round(): Promise<void> {
    await this.#findCommitted()
    const lost = this.#missing().filter((state) => !state.needsCommitted)
    const versions = new Map(lost.map((state) => [state, state.version]))
    const topics = lost.map(({ topic }) => topic).filter((topic) => !this.#cluster.snapshot.topics.has(topic))
    if (topics.length > 0) await this.#cluster.metadata([...new Set(topics)])
    const queries = lost.map(({ topic, partition, startAt }) => ({ topic, partition, startAt: startAt as StartAt }))
    const found = await lookUpOffsets(this.#cluster, queries, this.#settings.isCommitted, this.#lane)
    let failure: MillraceError | undefined
    for (const state of lost) {
      const offset = found.get(targetKey(state))
      if (typeof offset !== 'number') failure ??= offset ?? missingAnswer(state)
      else if (offset < 0) failure ??= missingAnswer(state)
      else if (state.version === versions.get(state) && !state.isRevoked) this.#place(state, offset)
    }
    if (failure !== undefined) throw failure
  }

  #place(state: PartitionState, offset: number): void {
    const { resetFrom } = state
    state.moveTo(offset)
    if (resetFrom >= 0) this.#events.onReset(state, resetFrom, offset)
  }

  async #findCommitted(): Promise<void> {
    const { group, isCommitted } = this.#settings
    const asking = this.#missing().filter((state) => state.needsCommitted)
    if (group === undefined || asking.length === 0) return
    const versions = new Map(asking.map((state) => [state, state.version]))
    const offsets = await fetchOffsets(this.#cluster, group, asking, isCommitted, this.#lane)
    for (const state of asking) {
      if (state.version !== versions.get(state) || state.isRevoked) continue
      const place = offsets.get(targetKey(state))
      state.needsCommitted = false
      if (place === undefined) continue
      state.committedOffset = place.offset
      state.moveTo(place.offset)
      state.fetchedEpoch = place.leaderEpoch
    }
  }
}

function missingAnswer(state: PartitionState): MillraceError {
  const message = `Looking for the position of ${targetKey(state)}: the broker's answer has none`
  return new MillraceError('protocol', message, { retriable: true })
}
