import { describe, expect, it } from 'vitest'
import { GroupIndex } from './group-index.ts'
import { Movements } from './movements.ts'

/** Partitions 0 to 3 are of one topic, 4 to 7 of another. */
function movements(): Movements {
  const topics = new Map([
    ['t', { partitionCount: 4 }],
    ['u', { partitionCount: 4 }],
  ])
  const members = ['a', 'b', 'c'].map((memberId) => ({ memberId, topics: ['t', 'u'] }))
  return new Movements(new GroupIndex({ topics, members }))
}

describe('movements', () => {
  it('send a partition home instead of another one of its topic', () => {
    const each = movements()
    each.record(0, 0, 1)
    expect(each.homecoming(1, 1, 0)).toBe(0)
    expect(each.homecoming(1, 1, 2)).toBeUndefined()
    expect(each.homecoming(4, 1, 0)).toBeUndefined()
  })

  it('forget a partition that is home again', () => {
    const each = movements()
    each.record(0, 0, 1)
    each.record(0, 1, 0)
    expect(each.homecoming(1, 1, 0)).toBeUndefined()
  })

  it('count from where a partition was at first', () => {
    const each = movements()
    each.record(0, 0, 1)
    each.record(0, 1, 2)
    expect(each.homecoming(1, 1, 0)).toBeUndefined()
    expect(each.homecoming(1, 2, 0)).toBe(0)
    each.record(2, 2, 1)
    expect(each.homecoming(2, 1, 0)).toBe(0)
  })
})
