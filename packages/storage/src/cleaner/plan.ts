/** Whether a log is to be cleaned, from where to where, and into how many files (reference 3.5). Pure. */

/** What a segment is to the plan. */
export interface PlanSegment {
  readonly baseOffset: number
  readonly size: number
  /** Max timestamp of its first batch; 0 or less when there is none. */
  readonly firstTimestamp: number
  /** Of its records, or when its file was last changed if they have none. */
  readonly largestTimestamp: number
}

/** What a log is to the plan. */
export interface CleanableLog {
  /** In order, all of them; the last one is appended to. */
  readonly segments: readonly PlanSegment[]
  readonly logStartOffset: number
  readonly endOffset: number
  readonly lastStableOffset: number
  readonly highWatermark: number
  /** Where the last cleaning ended, as the checkpoint says; undefined when there never was one. */
  readonly cleanedOffset: number | undefined
  /** When the first of the tombstones and markers that the last cleaning left may go; undefined when not known. */
  readonly nextDeleteHorizonMs: number | undefined
}

/** `LogConfig` is one. Times in milliseconds. */
export interface CleaningConfig {
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
}

/** Why a log is due. */
export type CleaningReason = 'dirty ratio' | 'max compaction lag' | 'delete horizon'

export interface CleaningPlan {
  /** What is below was cleaned before. */
  readonly firstDirtyOffset: number
  /** The base offset of the first segment that must stay as it is. */
  readonly firstUncleanableOffset: number
  /** Bytes of the segments that were cleaned before, and of those that may be cleaned now. */
  readonly cleanBytes: number
  readonly cleanableBytes: number
  /** The share of the latter in both; 0 for a log without either. */
  readonly dirtyRatio: number
  /** By how much the oldest uncleaned segment is over `max.compaction.lag.ms`; 0 when it is not. */
  readonly overdueMs: number
  /** The checkpoint is outside of the log, so everything counts as not cleaned: it should be written anew. */
  readonly isCheckpointInvalid: boolean
  /** Undefined when the log is not due. */
  readonly reason: CleaningReason | undefined
}

/** Decides as Kafka does, but that a log whose tombstones may go is due as well: Kafka waits until it has new records. */
export function planCleaning(log: CleanableLog, config: CleaningConfig, nowMs: number): CleaningPlan {
  const { segments, logStartOffset, endOffset, cleanedOffset = logStartOffset } = log
  const isCheckpointInvalid = cleanedOffset < logStartOffset || cleanedOffset > endOffset
  const firstDirtyOffset = isCheckpointInvalid ? logStartOffset : cleanedOffset
  const firstUncleanableOffset = firstUncleanable(log, config, firstDirtyOffset, nowMs)
  // A segment that was cleaned in part counts on both sides, as in Kafka.
  const cleanBytes = sizeOf(segments.filter(({ baseOffset }) => baseOffset < firstDirtyOffset))
  const cleanableBytes = sizeOf(segmentsBetween(segments, firstDirtyOffset, firstUncleanableOffset))
  const dirtyRatio = cleanableBytes === 0 ? 0 : cleanableBytes / (cleanBytes + cleanableBytes)
  const overdueMs = overdueBy(segments, config, firstDirtyOffset, nowMs)
  const offsets = { firstDirtyOffset, firstUncleanableOffset, isCheckpointInvalid }
  const reason = reasonToClean(log, config, { cleanBytes, cleanableBytes, dirtyRatio, overdueMs }, nowMs)
  return { ...offsets, cleanBytes, cleanableBytes, dirtyRatio, overdueMs, reason }
}

type Measures = Pick<CleaningPlan, 'cleanBytes' | 'cleanableBytes' | 'dirtyRatio' | 'overdueMs'>

function reasonToClean(
  { nextDeleteHorizonMs = Number.POSITIVE_INFINITY }: CleanableLog,
  { minCleanableDirtyRatio }: CleaningConfig,
  { cleanBytes, cleanableBytes, dirtyRatio, overdueMs }: Measures,
  nowMs: number,
): CleaningReason | undefined {
  if (overdueMs > 0 && cleanableBytes > 0) return 'max compaction lag'
  if (dirtyRatio > minCleanableDirtyRatio) return 'dirty ratio'
  return cleanBytes > 0 && nextDeleteHorizonMs <= nowMs ? 'delete horizon' : undefined
}

/** Readers of committed data, appends, and the youngest records are left in peace; a segment is cleaned whole or not at all. */
function firstUncleanable(
  { segments, lastStableOffset, highWatermark }: CleanableLog,
  { minCompactionLagMs }: CleaningConfig,
  firstDirtyOffset: number,
  nowMs: number,
): number {
  const active = activeOf(segments)
  let offset = Math.min(lastStableOffset, highWatermark, active.baseOffset)
  if (minCompactionLagMs > 0) {
    const youngest = nonActiveFrom(segments, firstDirtyOffset).find(
      ({ largestTimestamp }) => largestTimestamp > nowMs - minCompactionLagMs,
    )
    offset = Math.min(offset, youngest?.baseOffset ?? offset)
  }
  const [segment = active] = nonActiveFrom(segments, Math.max(offset, firstDirtyOffset))
  return segment.baseOffset
}

function overdueBy(
  segments: readonly PlanSegment[],
  { maxCompactionLagMs }: CleaningConfig,
  firstDirtyOffset: number,
  nowMs: number,
): number {
  let earliest = Number.POSITIVE_INFINITY
  for (const { firstTimestamp } of nonActiveFrom(segments, firstDirtyOffset)) {
    if (firstTimestamp > 0 && firstTimestamp < earliest) earliest = firstTimestamp
  }
  return Math.max(0, nowMs - maxCompactionLagMs - earliest)
}

/** The segments from the one that holds `offset` on, without the active one. */
function nonActiveFrom(segments: readonly PlanSegment[], offset: number): readonly PlanSegment[] {
  return segmentsBetween(segments, offset, activeOf(segments).baseOffset)
}

/** The segments from the one that holds `start` on, as far as they begin below `end`. */
export function segmentsBetween<T extends { readonly baseOffset: number }>(
  segments: readonly T[],
  start: number,
  end: number,
): readonly T[] {
  if (start >= end) return []
  return segments.filter(({ baseOffset }, place) => {
    const next = segments[place + 1]?.baseOffset ?? Number.POSITIVE_INFINITY
    return baseOffset < end && next > start
  })
}

function activeOf(segments: readonly PlanSegment[]): PlanSegment {
  return segments.at(-1) as PlanSegment
}

function sizeOf(segments: readonly PlanSegment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0)
}

/**
 * The log to clean next: those that are over their `max.compaction.lag.ms` first, then the dirtiest. Kafka goes by the ratio alone,
 * which can leave a log over its limit for as long as others get dirty.
 */
export function chooseNext<T extends { readonly plan: CleaningPlan }>(candidates: readonly T[]): T | undefined {
  let best: T | undefined
  for (const candidate of candidates) {
    if (candidate.plan.reason === undefined) continue
    if (best === undefined || isBefore(candidate.plan, best.plan)) best = candidate
  }
  return best
}

function isBefore(a: CleaningPlan, b: CleaningPlan): boolean {
  const isOverdue = a.reason === 'max compaction lag'
  return isOverdue === (b.reason === 'max compaction lag') ? a.dirtyRatio > b.dirtyRatio : isOverdue
}
