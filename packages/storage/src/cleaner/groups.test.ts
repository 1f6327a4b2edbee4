import { describe, expect, it } from 'vitest'
import { groupSegments, relativeOffsetMax } from './groups.ts'

const limits = { segmentBytes: 100, segmentIndexBytes: 80 }

function segment(baseOffset: number, size: number, nextOffset = baseOffset + 10, indexBytes = 8) {
  return { baseOffset, nextOffset, size, offsetIndexBytes: indexBytes, timeIndexBytes: indexBytes }
}

function bases(groups: { readonly baseOffset: number }[][]): number[][] {
  return groups.map((group) => group.map(({ baseOffset }) => baseOffset))
}

describe('groupSegments', () => {
  it('joins neighbours as long as they fit', () => {
    const segments = [
      segment(0, 60),
      segment(10, 40),
      segment(20, 1),
      segment(30, 99),
      segment(40, 0),
      segment(50, 101),
    ]
    expect(bases(groupSegments(segments, limits))).toEqual([[0, 10], [20, 30, 40], [50]])
    expect(groupSegments([], limits)).toEqual([])
  })

  it('minds the sizes of the indexes', () => {
    const segments = [segment(0, 1, 10, 40), segment(10, 1, 20, 40), segment(20, 1, 30, 8)]
    expect(bases(groupSegments(segments, limits))).toEqual([[0, 10], [20]])
    const long = { ...segment(10, 1), timeIndexBytes: 80 }
    expect(bases(groupSegments([segment(0, 1), long], limits))).toEqual([[0], [10]])
  })

  it('keeps offsets within 32 bits of the first one', () => {
    const far = relativeOffsetMax + 1
    expect(bases(groupSegments([segment(0, 1), segment(10, 1, far)], limits))).toEqual([[0, 10]])
    expect(bases(groupSegments([segment(0, 1), segment(10, 1, far + 1)], limits))).toEqual([[0], [10]])
    // An empty segment has no offsets.
    expect(bases(groupSegments([segment(0, 1), segment(10, 0, far + 1)], limits))).toEqual([[0, 10]])
  })
})
