import { describe, expect, it } from 'vitest'
import { defaultLogConfig, type LogConfig } from './config.ts'
import { type RollIncoming, type RollSegment, rollJitterMs, rollReason } from './roll.ts'

const segment: RollSegment = {
  baseOffset: 100,
  size: 5000,
  createdMs: 1_000_000,
  firstTimestamp: 500,
  offsetIndexCount: 1,
  timeIndexCount: 1,
}
const incoming: RollIncoming = { size: 1000, maxTimestamp: 600, lastOffset: 300 }
const config: LogConfig = { ...defaultLogConfig, segmentBytes: 6000, segmentMs: 1000, segmentIndexBytes: 100 }

function reason(changes: {
  segment?: Partial<RollSegment>
  incoming?: Partial<RollIncoming>
  config?: Partial<LogConfig>
  jitterMs?: number
}) {
  return rollReason(
    { ...segment, ...changes.segment },
    { ...incoming, ...changes.incoming },
    { ...config, ...changes.config },
    changes.jitterMs ?? 0,
    1_000_000,
  )
}

describe('rollReason', () => {
  it('is none while there is room and time', () => {
    expect(reason({})).toBeUndefined()
  })

  it('is size when the batches do not fit, unless the segment is empty', () => {
    expect(reason({ incoming: { size: 1001 } })).toBe('size')
    expect(reason({ segment: { size: 0 }, incoming: { size: 9999 } })).toBeUndefined()
  })

  it('is time by the first timestamp, or by the clock without one', () => {
    expect(reason({ incoming: { maxTimestamp: 1500 } })).toBeUndefined()
    expect(reason({ incoming: { maxTimestamp: 1501 } })).toBe('time')
    expect(reason({ incoming: { maxTimestamp: 1491 }, jitterMs: 10 })).toBe('time')
    expect(reason({ segment: { firstTimestamp: -1, createdMs: 998_999 } })).toBe('time')
    expect(reason({ segment: { firstTimestamp: -1, createdMs: 999_000 } })).toBeUndefined()
    expect(reason({ segment: { size: 0 }, incoming: { maxTimestamp: 9999 } })).toBeUndefined()
  })

  it('is time after the compaction lag of a compacted log', () => {
    const lag = { cleanupPolicy: ['compact'], maxCompactionLagMs: 50 } as const
    expect(reason({ config: lag })).toBe('time')
    expect(reason({ config: { ...lag, cleanupPolicy: ['delete'] } })).toBeUndefined()
  })

  it('is a full index, with one slot of the time index kept', () => {
    expect(reason({ segment: { offsetIndexCount: 12 } })).toBe('offset-index')
    expect(reason({ segment: { offsetIndexCount: 11 } })).toBeUndefined()
    expect(reason({ segment: { timeIndexCount: 7 } })).toBe('time-index')
    expect(reason({ segment: { timeIndexCount: 6 } })).toBeUndefined()
  })

  it('is an offset that does not fit into an index entry', () => {
    expect(reason({ incoming: { lastOffset: 100 + 0x7fffffff } })).toBeUndefined()
    expect(reason({ incoming: { lastOffset: 101 + 0x7fffffff } })).toBe('relative-offset')
  })
})

describe('rollJitterMs', () => {
  it('stays below the bound, and differs between segments', () => {
    const jittered = { ...config, segmentJitterMs: 500 }
    const values = Array.from({ length: 50 }, (_, index) => rollJitterMs(jittered, 'plain-0', index * 100))
    expect(Math.max(...values)).toBeLessThan(500)
    expect(new Set(values).size).toBeGreaterThan(30)
    expect(rollJitterMs(config, 'plain-0', 0)).toBe(0)
  })
})
