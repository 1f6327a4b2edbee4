import { describe, expect, it } from 'vitest'
import { Delivery } from './delivery.ts'
import { RecordSet } from './record-set.ts'

const set = new RecordSet(
  ['a', 'b', 'c', 'd'].map((key) => ({ key, value: Buffer.from(`Package: ${key}\n`), section: 'libs' })),
)
const expectation = { redelivery: false, memberCount: 1 }

function received(index: number, partition: number, offset: number) {
  return { ...set.records[index]!, partition, offset }
}

function deliver(...records: readonly (readonly [index: number, partition: number, offset: number])[]): Delivery {
  const delivery = new Delivery(set, 2)
  for (const record of records) delivery.accept(0, received(...record))
  return delivery
}

describe('Delivery', () => {
  it('is content when every record came once and in order, whatever the interleaving of partitions', () => {
    const delivery = deliver([1, 1, 0], [0, 0, 0], [3, 1, 1], [2, 0, 1])
    expect(delivery.isComplete).toBe(true)
    expect(delivery.problems(expectation)).toEqual([])
    expect(delivery.endOffsets()).toEqual([2, 2])
  })

  it('names the first record that is missing', () => {
    expect(deliver([0, 0, 0], [3, 0, 1]).problems(expectation)).toEqual(['2 of 4 records are missing, the first is b'])
  })

  it('finds records of a partition that changed places', () => {
    const problems = deliver([0, 0, 0], [2, 0, 1], [1, 0, 2], [3, 0, 3]).problems(expectation)
    expect(problems).toEqual(['partition 0 has c before b at offset 2; they were sent the other way round'])
  })

  it('finds a record whose key belongs elsewhere', () => {
    const delivery = new Delivery(set, 2, (key) => (key === 'b' ? 1 : 0))
    for (const [place, index] of [0, 1, 2, 3].entries()) delivery.accept(0, received(index, 0, place))
    expect(delivery.problems(expectation)).toEqual(['b is in partition 0; its key belongs to 1'])
  })

  it('finds a hole in the offsets', () => {
    expect(deliver([0, 0, 0], [1, 0, 1], [2, 0, 3], [3, 0, 4]).problems(expectation)).toEqual([
      'partition 0 has no offset 2; the next is 3',
    ])
  })

  it('refuses changed bytes, unknown keys and partitions', () => {
    const delivery = new Delivery(set, 2)
    expect(() => delivery.accept(0, { ...received(0, 0, 0), value: Buffer.from('Package: a') })).toThrow('other bytes')
    expect(() => delivery.accept(0, { ...received(0, 0, 0), key: 'x' })).toThrow('no record with this key')
    expect(() => delivery.accept(0, received(0, 2, 0))).toThrow('no such partition')
  })

  it('refuses a record that is in the log twice', () => {
    expect(() => deliver([0, 0, 0], [0, 0, 1])).toThrow('in the log twice')
  })

  it('takes an offset again only with the same record, and only where that is allowed', () => {
    const delivery = deliver([0, 0, 0], [1, 0, 1], [2, 0, 2], [3, 0, 3], [1, 0, 1])
    expect(delivery.problems({ redelivery: true, memberCount: 1 })).toEqual([])
    expect(delivery.problems(expectation)).toEqual(['1 records came more than once'])
    expect(() => delivery.accept(0, received(2, 0, 1))).toThrow('another record before')
  })

  it('finds a member that got nothing', () => {
    const delivery = deliver([0, 0, 0], [1, 0, 1], [2, 0, 2], [3, 0, 3])
    expect(delivery.problems({ redelivery: false, memberCount: 2 })).toEqual(['member 1 of the group got no record'])
  })
})
