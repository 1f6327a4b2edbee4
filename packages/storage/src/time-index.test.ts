import { describe, expect, it } from 'vitest'
import { TimeIndex } from './time-index.ts'

function filled(): TimeIndex {
  const index = new TimeIndex(10)
  index.maybeAppend(1_750_000_057_000, 29)
  index.maybeAppend(1_750_000_117_000, 49)
  return index
}

describe('TimeIndex', () => {
  it('takes only rising timestamps', () => {
    const index = filled()
    index.maybeAppend(1_750_000_117_000, 60)
    index.maybeAppend(5, 70)
    expect(index.count).toBe(2)
    expect(index.last).toEqual({ timestamp: 1_750_000_117_000, offset: 49 })
    const empty = new TimeIndex(10)
    empty.maybeAppend(-1, 20)
    expect([empty.count, empty.last]).toEqual([0, { timestamp: -1, offset: 10 }])
  })

  it('finds the greatest entry at or below a timestamp', () => {
    const index = filled()
    expect(index.lookup(1_750_000_056_999)).toEqual({ timestamp: -1, offset: 10 })
    expect(index.lookup(1_750_000_116_999).offset).toBe(29)
    expect(index.lookup(Number.MAX_SAFE_INTEGER).offset).toBe(49)
  })

  it('has the bytes of Apache Kafka', () => {
    expect(filled().bytes.toString('hex')).toBe('000001977421baa800000013000001977422a50800000027')
  })

  it('drops entries by offset', () => {
    const index = filled()
    index.truncateTo(49)
    expect(index.count).toBe(1)
  })

  it('ignores the zeros of a preallocated file, and tells damage from them', () => {
    const bytes = Buffer.concat([filled().bytes, Buffer.alloc(24)])
    expect(TimeIndex.decode(bytes, 10)).toMatchObject({ isSound: true, index: { count: 2 } })
    bytes.writeInt32BE(5, 16)
    bytes.writeInt32BE(0, 12)
    expect(TimeIndex.decode(bytes, 10)).toMatchObject({ isSound: false, index: { count: 1 } })
  })
})
