import {
  BatchHeader,
  type BuildOptions,
  codecById,
  encodeBatch,
  openBatch,
  type RecordInput,
  RecordsError,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { type FilterRules, filterBatch } from './filter.ts'
import type { Verdict } from './verdict.ts'

const verdict: Verdict = { dropsRecords: false, staysEmpty: false, isIdleMarker: false }
const now = 1_750_000_000_000

function rules(latest: Record<string, number> = {}, latestOffset = 1000): FilterRules {
  const lookup = { latestOffset, get: (key: Buffer) => latest[key.toString()] ?? -1 }
  return { lookup, nowMs: now, deleteRetentionMs: 500, decompressedSizeMax: 1 << 20 }
}

const records: RecordInput[] = [
  { timestamp: now - 30, key: 'a', value: 'first', headers: [{ key: 'h', value: 'x' }] },
  { timestamp: now - 10, key: 'b', value: 'second' },
  { timestamp: now - 20, key: 'c', value: 'third' },
]
const producer = { producerId: 7, producerEpoch: 2, baseSequence: 40, partitionLeaderEpoch: 5 }

function batch(inputs: readonly RecordInput[] = records, options: BuildOptions = {}): Buffer {
  return encodeBatch(inputs, { baseOffset: 100, ...producer, ...options })
}

function opened(bytes: Buffer | undefined) {
  const found = openBatch(bytes as Buffer)
  const { baseOffset, lastOffset, producerId, producerEpoch, baseSequence, partitionLeaderEpoch, maxTimestamp } = found
  const header = { baseOffset, lastOffset, producerId, producerEpoch, baseSequence, partitionLeaderEpoch, maxTimestamp }
  return {
    ...header,
    codec: found.codec,
    deleteHorizonMs: found.deleteHorizonMs,
    baseTimestamp: found.baseTimestamp,
    records: found.records().map(({ offset, timestamp, keyText, valueText, headers }) => {
      return [offset, timestamp, keyText, valueText, headers.length]
    }),
  }
}

describe('filterBatch', () => {
  it.each([0, 1, 2, 3, 4])('leaves a batch as it is that loses nothing (codec %i)', (codec) => {
    const bytes = Buffer.concat([Buffer.alloc(9), batch(records, { codec: codecById(codec) })])
    const result = filterBatch(bytes, 9, verdict, rules({ a: 100, b: 101, c: 50 }))
    expect(result).toEqual({
      kind: 'same',
      bytes: undefined,
      keptCount: 3,
      keylessCount: 0,
      deleteHorizonMs: undefined,
    })
  })

  it.each([0, 1, 2, 3, 4])('takes out what later records replace (codec %i)', (codec) => {
    const result = filterBatch(batch(records, { codec: codecById(codec) }), 0, verdict, rules({ b: 102 }))
    expect(result).toMatchObject({ kind: 'changed', keptCount: 2 })
    expect(opened(result.bytes)).toEqual({
      ...producer,
      baseOffset: 100,
      lastOffset: 102,
      // Of the records that stay.
      maxTimestamp: now - 20,
      baseTimestamp: now - 30,
      codec,
      deleteHorizonMs: undefined,
      records: [
        [100, now - 30, 'a', 'first', 1],
        [102, now - 20, 'c', 'third', 0],
      ],
    })
  })

  it('knows nothing of records beyond the map', () => {
    const bytes = batch([...records, { timestamp: now, key: null, value: 'no key' }])
    expect(filterBatch(bytes, 0, verdict, rules({ a: 200, b: 200, c: 200 }, 99)).kind).toBe('same')
    const partly = filterBatch(bytes, 0, verdict, rules({ a: 200, b: 200, c: 200 }, 101))
    expect(opened(partly.bytes).records.map(([offset]) => offset)).toEqual([102, 103])
  })

  it('drops records without key', () => {
    const bytes = batch([{ timestamp: now, key: null, value: 'v' }, ...records])
    expect(filterBatch(bytes, 0, verdict, rules())).toMatchObject({ keptCount: 3, keylessCount: 1 })
  })

  it('gives tombstones a time first, and takes them after it', () => {
    const bytes = batch([...records, { timestamp: now - 5, key: 'd', value: null }])
    const first = filterBatch(bytes, 0, verdict, rules())
    expect(first).toMatchObject({ kind: 'changed', keptCount: 4, deleteHorizonMs: now + 500 })
    const marked = first.bytes as Buffer
    expect(opened(marked)).toMatchObject({
      deleteHorizonMs: now + 500,
      baseTimestamp: now + 500,
      maxTimestamp: now - 5,
    })
    expect(opened(marked).records).toEqual(opened(bytes).records)

    const waiting = filterBatch(marked, 0, verdict, { ...rules(), nowMs: now + 499 })
    expect(waiting).toMatchObject({ kind: 'same', deleteHorizonMs: now + 500 })
    const later = filterBatch(marked, 0, verdict, { ...rules(), nowMs: now + 500 })
    expect(later).toMatchObject({ kind: 'changed', keptCount: 3, deleteHorizonMs: undefined })
    expect(opened(later.bytes)).toMatchObject({ deleteHorizonMs: now + 500, maxTimestamp: now - 10 })
    // Beyond the map a tombstone stays.
    expect(filterBatch(marked, 0, verdict, { ...rules({}, 50), nowMs: now + 500 }).kind).toBe('same')
  })

  it('keeps the time that the broker set', () => {
    const bytes = batch(records, { logAppendTimeMs: now + 9 })
    const result = filterBatch(bytes, 0, verdict, rules({ a: 101 }))
    expect(BatchHeader.isLogAppendTime(result.bytes as Buffer, 0)).toBe(true)
    expect(opened(result.bytes)).toMatchObject({ maxTimestamp: now + 9 })
    expect(opened(result.bytes).records.map(([, timestamp]) => timestamp)).toEqual([now + 9, now + 9])
  })

  it('leaves nothing of a batch without records, or its header', () => {
    const bytes = batch(records, { codec: codecById(1), isTransactional: true })
    const drops = { ...verdict, dropsRecords: true }
    expect(filterBatch(bytes, 0, drops, rules())).toMatchObject({ kind: 'gone', keptCount: 0 })
    expect(filterBatch(bytes, 0, verdict, rules({ a: 900, b: 900, c: 900 })).kind).toBe('gone')
    const empty = filterBatch(bytes, 0, { ...drops, staysEmpty: true }, rules()).bytes as Buffer
    expect(empty).toHaveLength(61)
    expect(opened(empty)).toEqual({
      ...producer,
      baseOffset: 100,
      lastOffset: 102,
      maxTimestamp: now - 10,
      baseTimestamp: -1,
      codec: 0,
      deleteHorizonMs: undefined,
      records: [],
    })
    expect(BatchHeader.isTransactional(empty, 0)).toBe(true)
    expect(filterBatch(empty, 0, { ...verdict, staysEmpty: true }, rules()).kind).toBe('same')
    expect(filterBatch(empty, 0, verdict, rules()).kind).toBe('gone')
  })

  it('takes records out under timestamps with which nothing can be reckoned', () => {
    const bytes = batch([...records, { timestamp: now, key: 'd', value: null }])
    bytes.writeBigInt64BE(2n ** 62n + 1n, 27)
    BatchHeader.seal(bytes, 0)
    const result = filterBatch(bytes, 0, verdict, rules({ b: 102 }))
    expect(result).toMatchObject({ kind: 'changed', keptCount: 3, deleteHorizonMs: undefined })
    const changed = result.bytes as Buffer
    expect(changed.readBigInt64BE(27)).toBe(2n ** 62n + 1n)
    expect(opened(changed).records.map(([offset, , key]) => [offset, key])).toEqual([
      [100, 'a'],
      [102, 'c'],
      [103, 'd'],
    ])
    const delta = (from: Buffer, index: number) => {
      const found = openBatch(from)
      const view = found.records()[index]
      return [view?.offsetDelta, view?.content.toString('hex')]
    }
    expect(delta(changed, 1)).toEqual(delta(bytes, 2))
    expect(filterBatch(bytes, 0, verdict, rules()).kind).toBe('same')
  })

  it('does not take damaged records for none', () => {
    const bytes = batch()
    bytes.writeInt32BE(4, 57)
    BatchHeader.seal(bytes, 0)
    expect(() => filterBatch(bytes, 0, verdict, rules())).toThrow(RecordsError)
  })
})
