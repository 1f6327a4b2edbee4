/** When a segment is full: the decision to start the next one (reference 3.3). */
import { crc32c } from '@millrace/base'
import type { LogConfig } from './config.ts'
import { offsetIndexEntrySize } from './offset-index.ts'
import { timeIndexEntrySize } from './time-index.ts'

/** The active segment, as far as the decision needs it. */
export interface RollSegment {
  readonly baseOffset: number
  readonly size: number
  /** Wall clock of the moment when this process made or opened it. */
  readonly createdMs: number
  /** Max timestamp of its first batch; -1 when there is none or it has no timestamp. */
  readonly firstTimestamp: number
  readonly offsetIndexCount: number
  readonly timeIndexCount: number
}

/** The batches about to be appended. */
export interface RollIncoming {
  readonly size: number
  readonly maxTimestamp: number
  readonly lastOffset: number
}

type RollReason = 'size' | 'time' | 'offset-index' | 'time-index' | 'relative-offset'

/** Why the incoming batches belong into a new segment; undefined when they do not. */
export function rollReason(
  segment: RollSegment,
  incoming: RollIncoming,
  config: LogConfig,
  jitterMs: number,
  nowMs: number,
): RollReason | undefined {
  if (segment.size > config.segmentBytes - incoming.size && segment.size > 0) return 'size'
  if (segment.size > 0 && waitedMs(segment, incoming, nowMs) > segmentMs(config) - jitterMs) return 'time'
  if (segment.offsetIndexCount >= Math.floor(config.segmentIndexBytes / offsetIndexEntrySize) && segment.size > 0) {
    return 'offset-index'
  }
  // One slot stays free for the entry that closing the segment forces.
  if (segment.timeIndexCount >= Math.floor(config.segmentIndexBytes / timeIndexEntrySize) - 1 && segment.size > 0) {
    return 'time-index'
  }
  return incoming.lastOffset - segment.baseOffset > 0x7fffffff ? 'relative-offset' : undefined
}

function waitedMs(segment: RollSegment, incoming: RollIncoming, nowMs: number): number {
  return segment.firstTimestamp >= 0 ? incoming.maxTimestamp - segment.firstTimestamp : nowMs - segment.createdMs
}

function segmentMs(config: LogConfig): number {
  return config.cleanupPolicy.includes('compact')
    ? Math.min(config.segmentMs, config.maxCompactionLagMs)
    : config.segmentMs
}

/** A part of `segment.jitter.ms` that differs from segment to segment, and is the same for one segment at every start. */
export function rollJitterMs(config: LogConfig, directory: string, baseOffset: number): number {
  const bound = Math.min(config.segmentJitterMs, config.segmentMs)
  return bound === 0 ? 0 : crc32c(Buffer.from(`${directory} ${baseOffset}`)) % bound
}
