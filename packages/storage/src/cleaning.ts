/** One log as a cleaning sees it: what the plan needs to know, and what the job is told (reference 3.5). */
import type { CleanInput, CleanSegment } from './cleaner/clean-input.ts'
import { type CleanableLog, type CleaningPlan, segmentsBetween } from './cleaner/plan.ts'
import { activeProducers } from './cleaner/verdict.ts'
import { type LogConfig, unlimited } from './config.ts'
import type { ReadableLog } from './log-reader.ts'
import type { LogState } from './log-state.ts'
import { firstTimestampOf, largestTimestampOf } from './time-search.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** What the last cleaning left to be known. */
export interface CleanedUntil {
  /** From the checkpoint; undefined when the log was never cleaned. */
  readonly cleanedOffset: number | undefined
  readonly nextDeleteHorizonMs: number | undefined
}

/** What is the same for all logs. */
export interface CleaningLimits {
  /** Memory for keys: `log.cleaner.dedupe.buffer.size` by `log.cleaner.threads`. */
  readonly dedupeBytes: number
  /** Read and written in a second; may be infinite. */
  readonly ioBytesPerSecondMax: number
  readonly ioBufferBytes: number
}

/**
 * The log as the plan needs it. Only what is durable and sealed counts, up to `sealedOffset`. Timestamps are looked up only where a
 * setting asks for them.
 */
export async function viewForCleaning(
  log: ReadableLog,
  state: LogState,
  config: LogConfig,
  sealedOffset: number,
  { cleanedOffset, nextDeleteHorizonMs }: CleanedUntil,
): Promise<CleanableLog> {
  const needsFirst = config.maxCompactionLagMs < unlimited
  const needsLargest = config.minCompactionLagMs > 0
  const from = cleanedOffset ?? 0
  const segments: CleanableLog['segments'][number][] = []
  for (const [place, segment] of [...state.segments.all].entries()) {
    const end = state.segments.all[place + 1]?.baseOffset ?? state.endOffset
    const isDirty = end > from && segment !== state.segments.active
    segments.push({
      baseOffset: segment.baseOffset,
      size: segment.size,
      firstTimestamp: needsFirst && isDirty ? await firstTimestampOf(log, segment) : -1,
      largestTimestamp: needsLargest && isDirty ? await largestTimestampOf(log, segment) : -1,
    })
  }
  const { logStartOffset, endOffset, lastStableOffset, highWatermark } = state
  const offsets = { logStartOffset, endOffset, lastStableOffset, cleanedOffset, nextDeleteHorizonMs }
  return { segments, ...offsets, highWatermark: Math.min(highWatermark, sealedOffset) }
}

/** What the job is told, for a plan that was made of the log as it is now. */
export async function inputForCleaning(
  log: ReadableLog,
  state: LogState,
  config: LogConfig,
  plan: CleaningPlan,
  limits: CleaningLimits & { readonly nowMs: number; readonly hashSeed: number },
): Promise<CleanInput> {
  const all = [...state.segments.all]
  const described = all.map((segment, place): CleanSegment => {
    const nextOffset = all[place + 1]?.baseOffset ?? state.endOffset
    return { baseOffset: segment.baseOffset, nextOffset, size: segment.writtenSize }
  })
  const producers = activeProducers(state.producers.entries())
  const abortedTransactions: AbortedTransaction[] = []
  for (const segment of all) {
    const { aborted } = log.io.cache.peek(segment) ?? (await log.io.cache.get(segment))
    abortedTransactions.push(...aborted.entries())
  }
  return {
    directory: state.directory,
    segments: [...segmentsBetween(described, 0, plan.firstUncleanableOffset)],
    firstDirtyOffset: plan.firstDirtyOffset,
    firstUncleanableOffset: plan.firstUncleanableOffset,
    deleteRetentionMs: config.deleteRetentionMs,
    segmentBytes: config.segmentBytes,
    segmentIndexBytes: config.segmentIndexBytes,
    indexIntervalBytes: config.indexIntervalBytes,
    activeProducers: producers,
    abortedTransactions,
    ...limits,
  }
}
