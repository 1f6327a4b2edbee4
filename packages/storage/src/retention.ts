/** Which of a log's oldest segments are to go: by its start offset, its size, the age of its records (reference 3.4). Pure. */
import type { LogConfig } from './config.ts'

export interface RetentionSegment {
  readonly baseOffset: number
  readonly size: number
  /** Of its records, or when its file was last changed if they have none; undefined while nobody has looked. */
  readonly largestTimestamp: number | undefined
}

export interface RetentionView {
  /** In order; the last one is appended to. */
  readonly segments: readonly RetentionSegment[]
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly endOffset: number
}

export type RetentionReason = 'log start' | 'retention.bytes' | 'retention.ms'

export interface RetentionPlan {
  /** How many of the first segments go. */
  readonly deleteCount: number
  /** Where the log starts then. */
  readonly startOffset: number
  /** All that the log holds goes: it gets a new segment first. */
  readonly rolls: boolean
  /** Why, each that took a segment. */
  readonly reasons: readonly RetentionReason[]
  /** A segment whose largest timestamp has to be known before more can be said. */
  readonly unknownPlace: number | undefined
}

type Verdict = 'delete' | 'keep' | 'unknown'

/** Oldest first, and no further than the first that stays. Nothing above the high watermark goes. */
export function planRetention(view: RetentionView, config: LogConfig, nowMs: number): RetentionPlan {
  const { segments, endOffset, highWatermark } = view
  const isDeleting = config.cleanupPolicy.includes('delete')
  const endOf = (place: number) => segments[place + 1]?.baseOffset ?? endOffset
  const reasons: RetentionReason[] = []
  let deleteCount = 0
  let size = segments.reduce((sum, segment) => sum + segment.size, 0)
  let unknownPlace: number | undefined

  const deleteWhile = (reason: RetentionReason, judge: (segment: RetentionSegment, place: number) => Verdict) => {
    for (; deleteCount < segments.length; deleteCount++) {
      const segment = segments[deleteCount] as RetentionSegment
      const isEmptyEnd = deleteCount === segments.length - 1 && segment.size === 0
      if (isEmptyEnd || endOf(deleteCount) > highWatermark) return
      const verdict = judge(segment, deleteCount)
      if (verdict === 'unknown') unknownPlace = deleteCount
      if (verdict !== 'delete') return
      size -= segment.size
      if (!reasons.includes(reason)) reasons.push(reason)
    }
  }

  deleteWhile('log start', (_, place) => {
    const isBelowStart = place + 1 < segments.length && endOf(place) <= view.logStartOffset
    return isBelowStart ? 'delete' : 'keep'
  })
  if (isDeleting && config.retentionBytes >= 0) {
    deleteWhile('retention.bytes', (segment) => (size - segment.size >= config.retentionBytes ? 'delete' : 'keep'))
  }
  if (isDeleting && config.retentionMs >= 0) {
    deleteWhile('retention.ms', ({ largestTimestamp }) => {
      if (largestTimestamp === undefined) return 'unknown'
      return nowMs - largestTimestamp > config.retentionMs ? 'delete' : 'keep'
    })
  }
  const startOffset = deleteCount === 0 ? view.logStartOffset : Math.max(view.logStartOffset, endOf(deleteCount - 1))
  return { deleteCount, startOffset, rolls: deleteCount === segments.length, reasons, unknownPlace }
}
