import { describe, expect, it } from 'vitest'
import type { HistoryEvent, ReadRecord, RecordIdentity } from '../history.ts'
import { acknowledged } from './acknowledged.ts'
import { type CheckerKind, checkHistory } from './checker.ts'
import { groupOffsets } from './group-offsets.ts'
import { checkers } from './index.ts'
import { intact } from './intact.ts'
import { noDuplicate } from './no-duplicate.ts'
import { oneValuePerOffset } from './one-value-per-offset.ts'
import { order } from './order.ts'
import { poll } from './poll.ts'
import { watermarks } from './watermarks.ts'

let operation = 0

const record = (index: number, producer = 'p'): RecordIdentity => ({ producer, index, checksum: index * 7 })
const at = (offset: number, index = offset, producer = 'p'): ReadRecord => ({ ...record(index, producer), offset })
const range = (start: number, end: number) => Array.from({ length: end - start }, (_, place) => at(start + place))

/** A produce of these records; with a base offset, also its acknowledgement. */
function produce(indexes: readonly number[], baseOffset?: number): HistoryEvent[] {
  const id = operation++
  const begin: HistoryEvent = {
    type: 'produce',
    operation: id,
    partition: 0,
    records: indexes.map((index) => record(index)),
  }
  return baseOffset === undefined ? [begin] : [begin, { type: 'produce-ok', operation: id, baseOffset }]
}

interface FetchFacts {
  readonly highWatermark?: number
  readonly lastStableOffset?: number
  readonly logStartOffset?: number
  readonly isCrowded?: boolean
}

/** A fetch at an offset, and what it gave. */
function fetch(offset: number, records: readonly ReadRecord[], facts: FetchFacts = {}): HistoryEvent[] {
  const id = operation++
  const highWatermark = facts.highWatermark ?? (records.at(-1)?.offset ?? offset - 1) + 1
  const answer = { highWatermark, lastStableOffset: highWatermark, logStartOffset: 0, isCrowded: false, ...facts }
  return [
    { type: 'fetch', operation: id, partition: 0, offset },
    { type: 'fetch-ok', operation: id, ...answer, records },
  ]
}

function logRead(records: readonly ReadRecord[], startOffset = 0): HistoryEvent[] {
  const id = operation++
  const endOffset = (records.at(-1)?.offset ?? startOffset - 1) + 1
  return [
    { type: 'log-read-begin', operation: id, partition: 0 },
    { type: 'log-read', operation: id, partition: 0, startOffset, endOffset, records },
  ]
}

function commit(offset: number, isAcknowledged = true): HistoryEvent[] {
  const id = operation++
  const begin: HistoryEvent = { type: 'commit', operation: id, group: 'g', partition: 0, offset }
  return isAcknowledged ? [begin, { type: 'commit-ok', operation: id }] : [begin]
}

function offsets(offset: number): HistoryEvent[] {
  const id = operation++
  return [
    { type: 'offsets', operation: id, group: 'g' },
    { type: 'offsets-ok', operation: id, committed: new Map([[0, offset]]) },
  ]
}

describe('a good history', () => {
  it('passes all checkers', () => {
    const history = [
      ...produce([0, 1], 0),
      ...fetch(0, range(0, 2)),
      ...commit(2),
      ...produce([2, 3, 4], 2),
      ...offsets(2),
      ...fetch(2, range(2, 5)),
      ...fetch(1, range(1, 3), { highWatermark: 5 }),
      ...commit(5, false),
      ...offsets(5),
      ...logRead(range(0, 5)),
    ]
    expect(checkHistory(history, checkers)).toBeUndefined()
  })

  it('may hold what was never acknowledged, or lack it', () => {
    const sent = [...produce([0], 0), ...produce([1, 2])]
    expect(checkHistory([...sent, ...logRead(range(0, 1))], checkers)).toBeUndefined()
    expect(checkHistory([...sent, ...logRead(range(0, 3))], checkers)).toBeUndefined()
  })

  it('may answer reads that overlap in any order', () => {
    const [begin1, end1] = fetch(0, range(0, 1)) as [HistoryEvent, HistoryEvent]
    const [begin2, end2] = fetch(0, range(0, 3)) as [HistoryEvent, HistoryEvent]
    const sent = [...produce([0, 1, 2])]
    expect(checkHistory([...sent, begin1, begin2, end2, end1], checkers)).toBeUndefined()
  })

  it('may acknowledge records while a log is read that does not show them', () => {
    const [begin, end] = logRead([]) as [HistoryEvent, HistoryEvent]
    expect(checkHistory([begin, ...produce([0], 0), end], checkers)).toBeUndefined()
  })

  it('may be read from a log whose beginning was deleted', () => {
    const history = [...produce([0, 1, 2], 0), ...fetch(2, range(2, 3), { logStartOffset: 2 })]
    expect(checkHistory(history, checkers)).toBeUndefined()
  })

  it('may leave a partition out of an answer that others have filled', () => {
    const history = [...produce([0], 0), ...fetch(0, [], { highWatermark: 1, isCrowded: true })]
    expect(checkHistory(history, checkers)).toBeUndefined()
  })
})

describe('a bad history', () => {
  const damaged = (): HistoryEvent[] => {
    const id = operation++
    return [
      { type: 'fetch', operation: id, partition: 0, offset: 0 },
      { type: 'fetch-damaged', operation: id, reason: 'the checksum is wrong' },
    ]
  }
  const outOfRange = (offset: number): HistoryEvent[] => {
    const id = operation++
    return [
      { type: 'fetch', operation: id, partition: 0, offset },
      { type: 'fetch-failed', operation: id, errorCode: 1 },
    ]
  }
  const refused = (): HistoryEvent[] => {
    const id = operation++
    return [
      { type: 'produce', operation: id, partition: 0, records: [record(0)] },
      { type: 'produce-refused', operation: id, errorCode: 45, message: 'out of order' },
    ]
  }

  const cases: readonly (readonly [fault: string, found: CheckerKind, history: HistoryEvent[]])[] = [
    ['lost write, seen in the log', acknowledged, [...produce([0, 1], 0), ...logRead(range(0, 1))]],
    ['lost write, answered as a duplicate', acknowledged, [...produce([0], -1), ...logRead([])]],
    ['lost write, out of range', acknowledged, [...produce([0, 1], 0), ...outOfRange(1)]],
    [
      'unseen record, below the high watermark',
      acknowledged,
      [...produce([0], 0), ...fetch(0, [], { highWatermark: 1 })],
    ],
    [
      'unseen record, above the high watermark',
      acknowledged,
      [...produce([0], 0), ...fetch(0, [], { highWatermark: 0 })],
    ],
    ['duplicate', noDuplicate, [...produce([0, 1]), ...fetch(0, [at(0), at(1), at(2, 0)])]],
    ['duplicate in separate reads', noDuplicate, [...produce([0]), ...fetch(0, [at(0)]), ...fetch(1, [at(1, 0)])]],
    ['two values at one offset', oneValuePerOffset, [...fetch(0, [at(0, 0)]), ...fetch(0, [at(0, 1)])]],
    ['acknowledged at another offset', oneValuePerOffset, [...produce([0], 3), ...fetch(3, [at(3, 1)])]],
    [
      'the same record with other bytes',
      oneValuePerOffset,
      [...fetch(0, [at(0)]), ...fetch(0, [{ ...at(0), checksum: 1 }])],
    ],
    ['reorder', order, fetch(0, [at(0, 1), at(1, 0)])],
    ['hole', order, fetch(0, [at(0, 0), at(1, 2)])],
    ['missing beginning', order, logRead([at(0, 1)])],
    [
      'high watermark going back',
      watermarks,
      [...fetch(0, [], { highWatermark: 5 }), ...fetch(0, [], { highWatermark: 4 })],
    ],
    [
      'last stable offset going back',
      watermarks,
      [
        ...fetch(0, [], { highWatermark: 5, lastStableOffset: 5 }),
        ...fetch(0, [], { highWatermark: 5, lastStableOffset: 3 }),
      ],
    ],
    [
      'log start going back',
      watermarks,
      [...fetch(9, [], { logStartOffset: 4 }), ...fetch(9, [], { logStartOffset: 3 })],
    ],
    [
      'last stable offset above the high watermark',
      watermarks,
      fetch(0, [], { highWatermark: 1, lastStableOffset: 2 }),
    ],
    ['record above the high watermark', watermarks, fetch(0, range(0, 2), { highWatermark: 1 })],
    ['poll that skips', poll, fetch(0, [at(1)])],
    ['poll with a gap', poll, fetch(0, [at(0), at(2)])],
    ['nonmonotonic poll', poll, fetch(3, [at(3), at(2)])],
    ['committed offset lost', groupOffsets, [...commit(7), ...offsets(-1)]],
    ['committed offset going back', groupOffsets, [...commit(3), ...commit(7), ...offsets(3)]],
    [
      'unacknowledged commit seen and gone',
      groupOffsets,
      [...commit(3), ...commit(7, false), ...offsets(7), ...offsets(3)],
    ],
    ['committed offset from nowhere', groupOffsets, [...commit(3), ...offsets(4)]],
    ['record that nobody sent', intact, [...produce([0]), ...fetch(0, [at(0, 5)])]],
    ['record with other bytes than were sent', intact, [...produce([0]), ...fetch(0, [{ ...at(0), checksum: 1 }])]],
    ['damaged batch', intact, damaged()],
    ['refusal of a producer that did nothing wrong', intact, refused()],
  ]
  it.each(cases)('with a %s is found', (_fault, kind, history) => {
    expect(checkHistory(history, [kind])?.checker).toBe(kind.name)
  })

  it('is reported with the event that shows it', () => {
    const violation = checkHistory([...produce([0], 0), ...fetch(0, [at(0, 1)])], [oneValuePerOffset])
    expect(violation).toEqual({
      checker: 'one value per offset',
      message: 'Offset 0 of partition 0 was p#0 and is p#1 now',
      index: 3,
    })
  })
})
