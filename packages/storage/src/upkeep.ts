/** What keeps one log small: removing its oldest segments, and putting cleaned ones in the place of others. Appends and reads go on. */
import type { Clock, Logger } from '@millrace/base'
import type { CleanedGroup, CleanInput } from './cleaner/clean-input.ts'
import { type CleaningPlan, planCleaning } from './cleaner/plan.ts'
import { discardCleaned } from './cleaner/swap.ts'
import { type CleanedUntil, type CleaningLimits, inputForCleaning, viewForCleaning } from './cleaning.ts'
import type { LogConfig } from './config.ts'
import type { ReadableLog } from './log-reader.ts'
import type { LogState } from './log-state.ts'
import { planRetention, type RetentionPlan } from './retention.ts'
import type { SegmentIo } from './segment-io.ts'
import { swapSegments } from './segment-swap.ts'
import { largestTimestampOf } from './time-search.ts'

/** The log, as far as its upkeep may use it. */
export interface UpkeptLog {
  readonly view: ReadableLog
  readonly state: LogState
  readonly io: SegmentIo
  readonly clock: Clock
  readonly logger: Logger
  readonly config: () => LogConfig
  /** Everything below is durable, and its segments are closed. */
  readonly sealedOffset: () => number
  /** False while its topic's settings are not known, while something else changes all of it, and when its disk failed. */
  readonly mayChange: () => boolean
  readonly startAt: (offset: number) => void
  readonly roll: () => void
  /** Takes the segments below the log's start out of it. */
  readonly dropBelowStart: () => Promise<void>
  /** Makes everything durable. */
  readonly flush: () => Promise<void>
  /** Whether a snapshot of the producers at `offset`, or later, is on disk. */
  readonly hasSnapshotFrom: (offset: number) => Promise<boolean>
  /** Runs what changes closed segments, one after the other. */
  readonly inOrder: <T>(action: () => Promise<T>) => Promise<T>
  readonly onBroken: (cause: unknown) => void
}

export class Upkeep {
  readonly #log: UpkeptLog

  constructor(log: UpkeptLog) {
    this.#log = log
  }

  /** Removes the oldest segments as far as the settings allow (reference 3.4). What went and why; undefined when all stays. */
  async applyRetention(): Promise<RetentionPlan | undefined> {
    const { view, state, config, clock, mayChange } = this.#log
    while (mayChange()) {
      const { segments, logStartOffset, highWatermark, endOffset } = state
      const described = { segments: segments.all, logStartOffset, highWatermark, endOffset }
      const plan = planRetention(described, config(), clock.now())
      const unknown = plan.unknownPlace === undefined ? undefined : segments.all[plan.unknownPlace]
      if (unknown === undefined) return this.#carryOut(plan)
      await largestTimestampOf(view, unknown)
    }
    return undefined
  }

  async #carryOut(plan: RetentionPlan): Promise<RetentionPlan | undefined> {
    const { state, logger, startAt, roll, dropBelowStart } = this.#log
    if (plan.deleteCount === 0) return undefined
    const { startOffset, deleteCount, reasons } = plan
    logger.info('old segments are removed', {
      log: state.name,
      count: deleteCount,
      startOffset,
      reasons: reasons.join(', '),
    })
    if (plan.rolls) roll()
    if (startOffset > state.logStartOffset) startAt(startOffset)
    await dropBelowStart()
    return plan
  }

  /** Whether the log is to be cleaned, and from where to where; undefined when it cannot be cleaned now, or is no compacted one. */
  async planCleaning(until: CleanedUntil): Promise<CleaningPlan | undefined> {
    if (!this.#canBeCleaned) return undefined
    const { view, state, config, sealedOffset, clock } = this.#log
    return planCleaning(await viewForCleaning(view, state, config(), sealedOffset(), until), config(), clock.now())
  }

  /** What a cleaning by `plan` is told; undefined when the log cannot be cleaned any more. */
  async cleanInput(
    plan: CleaningPlan,
    limits: CleaningLimits & { readonly hashSeed: number },
  ): Promise<CleanInput | undefined> {
    if (!this.#canBeCleaned) return undefined
    // What replaces older records must not be undone by a power cut: the marker of its transaction may be far behind it.
    await this.#log.flush()
    // Nor may markers go that an older snapshot needs: the transactions that it has open would never end.
    if (!(await this.#log.hasSnapshotFrom(plan.firstUncleanableOffset))) return undefined
    if (!this.#canBeCleaned) return undefined
    const { view, state, config, clock } = this.#log
    return inputForCleaning(view, state, config(), plan, { ...limits, nowMs: clock.now() })
  }

  /** Puts what a cleaning wrote in the place of what it came from. False when the log is not the one that was cleaned any more: it stays. */
  replaceSegments(groups: readonly CleanedGroup[]): Promise<boolean> {
    const { state, io, config, onBroken, inOrder } = this.#log
    const { fileDeleteDelayMs } = config()
    return inOrder(() => swapSegments({ state, io, fileDeleteDelayMs, onBroken }, groups))
  }

  /** Removes what a cleaning wrote and nothing was done with. */
  discardCleaned(): Promise<void> {
    const { state, io, inOrder } = this.#log
    return inOrder(() => discardCleaned(io.fileSystem, state.directory))
  }

  get #canBeCleaned(): boolean {
    return this.#log.mayChange() && this.#log.config().cleanupPolicy.includes('compact')
  }
}
