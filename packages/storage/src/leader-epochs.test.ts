import { describe, expect, it } from 'vitest'
import { LeaderEpochs } from './leader-epochs.ts'

function epochs(...entries: [number, number][]): LeaderEpochs {
  return new LeaderEpochs(entries.map(([epoch, startOffset]) => ({ epoch, startOffset })))
}
const list = (found: LeaderEpochs) => found.entries.map(({ epoch, startOffset }) => [epoch, startOffset])

describe('LeaderEpochs', () => {
  it('answers where an epoch ends', () => {
    const found = epochs([2, 0], [4, 10], [7, 30])
    expect(found.endOffsetFor(7, 42)).toEqual({ epoch: 7, endOffset: 42 })
    expect(found.endOffsetFor(8, 42)).toEqual({ epoch: -1, endOffset: -1 })
    expect(found.endOffsetFor(-1, 42)).toEqual({ epoch: -1, endOffset: -1 })
    expect(found.endOffsetFor(1, 42)).toEqual({ epoch: 1, endOffset: 0 })
    expect(found.endOffsetFor(2, 42)).toEqual({ epoch: 2, endOffset: 10 })
    expect(found.endOffsetFor(5, 42)).toEqual({ epoch: 4, endOffset: 30 })
    expect(epochs().endOffsetFor(0, 42)).toEqual({ epoch: -1, endOffset: -1 })
  })

  it('rises in epoch and offset, whatever is assigned', () => {
    const found = epochs([2, 0], [4, 10], [7, 30])
    expect(found.assign(7, 31)).toBe(false)
    expect(found.assign(8, 30)).toBe(true)
    expect(list(found)).toEqual([
      [2, 0],
      [4, 10],
      [8, 30],
    ])
    found.assign(3, 40)
    expect(list(found)).toEqual([
      [2, 0],
      [3, 40],
    ])
    expect([found.latest, epochs().latest]).toEqual([3, -1])
  })

  it('tells the epoch of an offset', () => {
    const found = epochs([2, 5], [4, 10])
    expect([4, 5, 9, 10, 99].map((offset) => found.epochAt(offset))).toEqual([-1, 2, 2, 4, 4])
  })

  it('is cut at both ends with the log', () => {
    const found = epochs([2, 0], [4, 10], [7, 30])
    expect(found.truncateFromEnd(30)).toBe(true)
    expect(found.truncateFromEnd(30)).toBe(false)
    expect(found.truncateFromStart(5)).toBe(true)
    expect(list(found)).toEqual([
      [2, 5],
      [4, 10],
    ])
    expect(found.truncateFromStart(10)).toBe(true)
    expect(found.truncateFromStart(10)).toBe(false)
    expect(list(found)).toEqual([[4, 10]])
    expect(found.truncateFromStart(50)).toBe(true)
    expect(list(found)).toEqual([[4, 50]])
  })

  it('is put back by an array kept before', () => {
    const found = epochs([2, 0])
    const before = found.entries
    found.assign(3, 9)
    found.restore(before)
    expect(list(found)).toEqual([[2, 0]])
  })

  it('has the bytes of Apache Kafka and refuses damage', () => {
    expect(epochs([0, 0], [2, 200]).encode().toString()).toBe('0\n2\n0 0\n2 200\n')
    expect(list(LeaderEpochs.decode(Buffer.from('0\n1\n0 50\n'), 'x'))).toEqual([[0, 50]])
    for (const text of [
      '0\n2\n1 5\n1 6\n',
      '0\n2\n1 5\n2 5\n',
      '0\n1\nx 5\n',
      '0\n1\n-1 5\n',
      '0\n1\n9999999999 5\n',
    ]) {
      expect(() => LeaderEpochs.decode(Buffer.from(text), '/d'), text).toThrow('/d is not valid')
    }
  })
})
