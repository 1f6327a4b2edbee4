import { describe, expect, it } from 'vitest'
import { defaultLogConfig, type LogConfig } from './config.ts'
import { planRetention, type RetentionView } from './retention.ts'

const hour = 3_600_000
const now = 100 * hour

/** Segments of ten offsets each, `sizes` and ages in hours; the last one is active. */
function view(
  segments: readonly (readonly [size: number, ageHours: number | undefined])[],
  more: Partial<RetentionView> = {},
): RetentionView {
  const endOffset = segments.length * 10
  return {
    segments: segments.map(([size, age], place) => {
      return { baseOffset: place * 10, size, largestTimestamp: age === undefined ? undefined : now - age * hour }
    }),
    logStartOffset: 0,
    highWatermark: endOffset,
    endOffset,
    ...more,
  }
}

const plan = (given: RetentionView, config: Partial<LogConfig>) =>
  planRetention(given, { ...defaultLogConfig, ...config }, now)

describe('planRetention', () => {
  it('keeps everything without limits', () => {
    const config = { retentionMs: -1, retentionBytes: -1 }
    expect(
      plan(
        view([
          [100, 90],
          [100, 1],
        ]),
        config,
      ),
    ).toMatchObject({ deleteCount: 0, rolls: false, reasons: [] })
  })

  it('takes the oldest segments whose newest record is too old', () => {
    const config = { retentionMs: 5 * hour }
    const given = view([
      [1, 9],
      [1, 6],
      [1, 5],
      [1, 8],
      [1, 0],
    ])
    expect(plan(given, config)).toMatchObject({ deleteCount: 2, startOffset: 20, reasons: ['retention.ms'] })
  })

  it('rolls the active segment when all of it is too old, and leaves an empty one alone', () => {
    const config = { retentionMs: 5 * hour }
    expect(
      plan(
        view([
          [1, 9],
          [1, 6],
        ]),
        config,
      ),
    ).toMatchObject({ deleteCount: 2, startOffset: 20, rolls: true })
    const emptied = view([[0, 6]], { endOffset: 0, highWatermark: 0 })
    expect(plan(emptied, config)).toMatchObject({ deleteCount: 0, rolls: false })
    expect(
      plan(
        view(
          [
            [1, 9],
            [0, 9],
          ],
          { endOffset: 10 },
        ),
        config,
      ),
    ).toMatchObject({ deleteCount: 1, rolls: false })
  })

  it('keeps a segment with records of the future', () => {
    expect(
      plan(
        view([
          [1, -2],
          [1, 9],
          [1, 0],
        ]),
        { retentionMs: 0 },
      ),
    ).toMatchObject({ deleteCount: 0 })
  })

  it('takes what is above the size, and leaves at least that much', () => {
    const given = view([
      [40, 0],
      [30, 0],
      [20, 0],
      [10, 0],
    ])
    expect(plan(given, { retentionBytes: 60 })).toMatchObject({ deleteCount: 1, reasons: ['retention.bytes'] })
    expect(plan(given, { retentionBytes: 61 })).toMatchObject({ deleteCount: 0 })
    expect(plan(given, { retentionBytes: 0 })).toMatchObject({ deleteCount: 4, rolls: true })
  })

  it('counts for the size what the log start has taken already', () => {
    const given = view(
      [
        [40, 0],
        [30, 0],
        [20, 0],
        [10, 0],
      ],
      { logStartOffset: 15 },
    )
    expect(plan(given, { retentionBytes: 30 })).toMatchObject({
      deleteCount: 2,
      startOffset: 20,
      reasons: ['log start', 'retention.bytes'],
    })
  })

  it('takes what is below the log start whatever the policy, and nothing else of a compacted log', () => {
    const given = view(
      [
        [40, 90],
        [30, 90],
        [20, 90],
        [10, 90],
      ],
      { logStartOffset: 25 },
    )
    for (const cleanupPolicy of [['compact'], []] as const) {
      expect(plan(given, { cleanupPolicy, retentionBytes: 0 })).toMatchObject({ deleteCount: 2, startOffset: 25 })
    }
    expect(plan(given, { cleanupPolicy: ['compact', 'delete'], retentionMs: hour })).toMatchObject({ deleteCount: 4 })
    const atTheEnd = view(
      [
        [40, 0],
        [10, 0],
      ],
      { logStartOffset: 20 },
    )
    expect(plan(atTheEnd, { cleanupPolicy: ['compact'] })).toMatchObject({ deleteCount: 1, rolls: false })
  })

  it('takes nothing above the high watermark', () => {
    const given = view(
      [
        [1, 90],
        [1, 90],
        [1, 90],
      ],
      { highWatermark: 19 },
    )
    expect(plan(given, { retentionMs: hour })).toMatchObject({ deleteCount: 1 })
  })

  it('asks for a timestamp that nobody has looked up, when it comes to it', () => {
    const config = { retentionMs: 5 * hour }
    expect(
      plan(
        view([
          [1, 9],
          [1, undefined],
          [1, 0],
        ]),
        config,
      ),
    ).toMatchObject({ deleteCount: 1, unknownPlace: 1 })
    expect(
      plan(
        view([
          [1, 1],
          [1, undefined],
          [1, 0],
        ]),
        config,
      ).unknownPlace,
    ).toBeUndefined()
    expect(
      plan(
        view([
          [1, undefined],
          [1, 0],
        ]),
        { retentionMs: -1 },
      ).unknownPlace,
    ).toBeUndefined()
  })
})
