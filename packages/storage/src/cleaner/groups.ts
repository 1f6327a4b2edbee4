/** Which segments are written into one: as many neighbours as fit (reference 3.5). Pure. */

export interface GroupSegment {
  readonly baseOffset: number
  /** The base offset of the next segment. */
  readonly nextOffset: number
  /** Bytes of its files. */
  readonly size: number
  readonly offsetIndexBytes: number
  readonly timeIndexBytes: number
}

/** Bytes that a file may have. */
export interface GroupLimits {
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
}

/** Offsets in index files count from the segment's base, in 32 bits. */
export const relativeOffsetMax = 0x7fff_ffff

/** Neighbours in groups, in order. A segment that is too large by itself has a group of its own. */
export function groupSegments<T extends GroupSegment>(segments: readonly T[], limits: GroupLimits): T[][] {
  const groups: T[][] = []
  let sums = { size: 0, offsetIndexBytes: 0, timeIndexBytes: 0 }
  for (const segment of segments) {
    const group = groups.at(-1)
    const grown = {
      size: sums.size + segment.size,
      offsetIndexBytes: sums.offsetIndexBytes + segment.offsetIndexBytes,
      timeIndexBytes: sums.timeIndexBytes + segment.timeIndexBytes,
    }
    if (group !== undefined && fits(grown, limits) && isInReach(group[0] as T, segment)) {
      group.push(segment)
      sums = grown
    } else {
      groups.push([segment])
      sums = segment
    }
  }
  return groups
}

function fits(sums: Omit<GroupSegment, 'baseOffset' | 'nextOffset'>, limits: GroupLimits): boolean {
  const { segmentBytes, segmentIndexBytes } = limits
  return (
    sums.size <= segmentBytes && sums.offsetIndexBytes <= segmentIndexBytes && sums.timeIndexBytes <= segmentIndexBytes
  )
}

function isInReach(first: GroupSegment, segment: GroupSegment): boolean {
  return segment.size === 0 || segment.nextOffset - 1 - first.baseOffset <= relativeOffsetMax
}
