import { describe, expect, it } from 'vitest'
import { keySize, Received, sumOf, writeRecord } from './content.ts'

function record(index: number) {
  const [key, value] = [Buffer.alloc(keySize), Buffer.alloc(100)] as const
  writeRecord(index, key, value)
  return { key, value }
}

describe('the sum of records', () => {
  it('does not depend on the order, and notices what is missing, doubled or changed', () => {
    const sum = (records: readonly ReturnType<typeof record>[]) => {
      const received = new Received(records.length)
      for (const { key, value } of records) received.add(key, value)
      return received.sum
    }
    const all = Array.from({ length: 1000 }, (_, index) => record(index))
    const expected = sum(all)
    expect(sum(all.toReversed())).toBe(expected)
    expect(sum(all.slice(1))).not.toBe(expected)
    expect(sum([...all, record(17)])).not.toBe(expected)
    const changed = record(17)
    changed.value[99]! ^= 1
    expect(sum(all.with(17, changed))).not.toBe(expected)
  })

  it('is what the other languages compute', () => {
    const { key, value } = record(123_456_789)
    expect(sumOf(key, value)).toBe(sumOf(Buffer.from(key), Buffer.from(value)))
    expect(sumOf(null, Buffer.from('0100000002000000', 'hex'))).toBe(1 * 5 + 2 * 7 + 8 * 13)
  })
})
