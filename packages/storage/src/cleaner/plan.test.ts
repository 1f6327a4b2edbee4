import { describe, expect, it } from 'vitest'
import { type CleanableLog, type CleaningPlan, chooseNext, planCleaning } from './plan.ts'

const day = 86_400_000
const now = 1_750_000_000_000
const config = { minCleanableDirtyRatio: 0.5, minCompactionLagMs: 0, maxCompactionLagMs: Number.MAX_SAFE_INTEGER }

/** Segments of 100 offsets and bytes each, a day apart, the last one with the newest records. */
function log(options: Partial<CleanableLog> = {}): CleanableLog {
  const segments = [0, 1, 2, 3].map((place) => ({
    baseOffset: place * 100,
    size: 100,
    firstTimestamp: now - (4 - place) * day,
    largestTimestamp: now - (3 - place) * day,
  }))
  const offsets = { logStartOffset: 0, endOffset: 400, lastStableOffset: 400, highWatermark: 400 }
  return { segments, ...offsets, cleanedOffset: undefined, nextDeleteHorizonMs: undefined, ...options }
}

describe('planCleaning', () => {
  it('cleans what was never cleaned, but not the active segment', () => {
    expect(planCleaning(log(), config, now)).toEqual({
      firstDirtyOffset: 0,
      firstUncleanableOffset: 300,
      cleanBytes: 0,
      cleanableBytes: 300,
      dirtyRatio: 1,
      overdueMs: 0,
      isCheckpointInvalid: false,
      reason: 'dirty ratio',
    })
  })

  it('is due when more than the configured share is dirty', () => {
    expect(planCleaning(log({ cleanedOffset: 100 }), config, now)).toMatchObject({ reason: 'dirty ratio' })
    const half = planCleaning(log({ cleanedOffset: 200 }), { ...config, minCleanableDirtyRatio: 1 / 3 }, now)
    expect(half).toMatchObject({ cleanBytes: 200, cleanableBytes: 100, dirtyRatio: 1 / 3, reason: undefined })
    expect(planCleaning(log({ cleanedOffset: 300 }), { ...config, minCleanableDirtyRatio: 0 }, now)).toMatchObject({
      firstUncleanableOffset: 300,
      dirtyRatio: 0,
      reason: undefined,
    })
  })

  it('stays below the last stable offset and the high watermark, by whole segments', () => {
    expect(planCleaning(log({ lastStableOffset: 250 }), config, now).firstUncleanableOffset).toBe(200)
    expect(planCleaning(log({ highWatermark: 200 }), config, now).firstUncleanableOffset).toBe(200)
    expect(planCleaning(log({ highWatermark: 50 }), config, now)).toMatchObject({
      firstUncleanableOffset: 0,
      cleanableBytes: 0,
      reason: undefined,
    })
  })

  it('leaves a segment alone that was cleaned in part and cannot be finished', () => {
    expect(planCleaning(log({ cleanedOffset: 240, lastStableOffset: 260 }), config, now)).toMatchObject({
      firstDirtyOffset: 240,
      firstUncleanableOffset: 200,
      cleanBytes: 300,
      cleanableBytes: 0,
      reason: undefined,
    })
  })

  it('counts a segment that was cleaned in part on both sides', () => {
    expect(planCleaning(log({ cleanedOffset: 150 }), config, now)).toMatchObject({
      cleanBytes: 200,
      cleanableBytes: 200,
    })
  })

  it('leaves young records alone', () => {
    const young = { ...config, minCompactionLagMs: 1.5 * day }
    expect(planCleaning(log(), young, now).firstUncleanableOffset).toBe(200)
    expect(planCleaning(log(), { ...config, minCompactionLagMs: 30 * day }, now).cleanableBytes).toBe(0)
    // Segments that are clean already do not count.
    expect(planCleaning(log({ cleanedOffset: 300 }), young, now).firstUncleanableOffset).toBe(300)
  })

  it('does not wait for the ratio when a record was uncleaned for too long', () => {
    const strict = { ...config, minCleanableDirtyRatio: 1, maxCompactionLagMs: 1.5 * day }
    const plan = planCleaning(log({ cleanedOffset: 200 }), strict, now)
    expect(plan).toMatchObject({ overdueMs: 0.5 * day, reason: 'max compaction lag' })
    expect(planCleaning(log({ cleanedOffset: 300 }), strict, now).reason).toBe(undefined)
    const unknown = log().segments.map((segment) => ({ ...segment, firstTimestamp: -1 }))
    expect(planCleaning(log({ segments: unknown }), strict, now).overdueMs).toBe(0)
  })

  it('takes a checkpoint outside of the log for none', () => {
    expect(planCleaning(log({ cleanedOffset: 401 }), config, now)).toMatchObject({
      firstDirtyOffset: 0,
      isCheckpointInvalid: true,
    })
    expect(planCleaning(log({ cleanedOffset: 100, logStartOffset: 120 }), config, now)).toMatchObject({
      firstDirtyOffset: 120,
      isCheckpointInvalid: true,
      cleanableBytes: 200,
    })
  })

  it('is due again when tombstones may go', () => {
    expect(planCleaning(log({ cleanedOffset: 300, nextDeleteHorizonMs: now }), config, now).reason).toBe(
      'delete horizon',
    )
    expect(planCleaning(log({ cleanedOffset: 300, nextDeleteHorizonMs: now + 1 }), config, now).reason).toBe(undefined)
  })

  it('is never due without anything to clean', () => {
    const segments = [{ baseOffset: 0, size: 100, firstTimestamp: 1, largestTimestamp: 1 }]
    expect(planCleaning(log({ segments }), { ...config, maxCompactionLagMs: 1 }, now).reason).toBe(undefined)
    const empty = log().segments.map((segment) => ({ ...segment, size: 0 }))
    expect(planCleaning(log({ segments: empty }), config, now)).toMatchObject({ dirtyRatio: 0, reason: undefined })
  })
})

describe('chooseNext', () => {
  const candidate = (name: string, dirtyRatio: number, reason: CleaningPlan['reason']) => {
    return { name, plan: { ...planCleaning(log(), config, now), dirtyRatio, reason } }
  }

  it('takes the dirtiest of those that are due, and overdue ones before all others', () => {
    const logs = [
      candidate('clean', 0.9, undefined),
      candidate('dirty', 0.6, 'dirty ratio'),
      candidate('dirtier', 0.8, 'dirty ratio'),
      candidate('overdue', 0.1, 'max compaction lag'),
      candidate('more overdue', 0.2, 'max compaction lag'),
    ]
    expect(chooseNext(logs)?.name).toBe('more overdue')
    expect(chooseNext(logs.slice(0, 3))?.name).toBe('dirtier')
    expect(chooseNext(logs.slice(0, 1))).toBe(undefined)
  })
})
