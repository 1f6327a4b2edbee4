import { describe, expect, it } from 'vitest'
import { OffsetIndex } from './offset-index.ts'

function filled(count: number): OffsetIndex {
  const index = new OffsetIndex(100)
  for (let place = 0; place < count; place++) index.append(100 + place * 10 + 9, (place + 1) * 1000)
  return index
}

describe('OffsetIndex', () => {
  it('finds the greatest entry at or below an offset, or the start', () => {
    const index = filled(50)
    expect(index.lookup(108)).toEqual({ offset: 99, position: 0 })
    expect(index.lookup(109)).toEqual({ offset: 109, position: 1000 })
    expect(index.lookup(118)).toEqual({ offset: 109, position: 1000 })
    expect(index.lookup(10_000)).toEqual({ offset: 599, position: 50_000 })
    expect(new OffsetIndex(7).lookup(7)).toEqual({ offset: 6, position: 0 })
  })

  it('has big-endian entries of eight bytes, relative to the base', () => {
    expect(filled(2).bytes.toString('hex')).toBe('00000009000003e800000013000007d0')
  })

  it('drops entries by count and by offset', () => {
    const index = filled(5)
    index.truncate(4)
    index.truncate(9)
    expect(index.count).toBe(4)
    index.truncateTo(119)
    expect(index.count).toBe(1)
    index.append(130, 1500)
    expect(index.lookup(130)).toEqual({ offset: 130, position: 1500 })
  })

  it('ignores the zeros of a preallocated file, and tells damage from them', () => {
    const bytes = Buffer.concat([filled(3).bytes, Buffer.alloc(800)])
    const trimmed = OffsetIndex.decode(bytes, 100)
    expect([trimmed.index.count, trimmed.isSound]).toEqual([3, true])
    bytes.writeInt32BE(-5, 16)
    const damaged = OffsetIndex.decode(bytes, 100)
    expect([damaged.index.count, damaged.isSound]).toEqual([2, false])
    expect(OffsetIndex.decode(filled(3).bytes.subarray(0, 23), 100).isSound).toBe(false)
    expect(OffsetIndex.decode(Buffer.alloc(0), 100)).toMatchObject({ isSound: true })
  })
})
