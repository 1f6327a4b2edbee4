import { describe, expect, it } from 'vitest'
import { checkAcknowledged, checkAtLeastOnce, checkExactlyOnce, recordValue } from './log-check.ts'

const batches = (...lists: number[][]) => {
  let offset = 0
  return lists.flatMap((numbers) => {
    const batchOffset = offset
    return numbers.map((number) => ({ offset: offset++, batchOffset, value: recordValue(1, number) }))
  })
}
const log = (...numbers: number[]) => batches(...numbers.map((number) => [number]))

describe('exactly once', () => {
  it('takes every record once and in order, and nothing else', () => {
    checkExactlyOnce(1, log(0, 1, 2), 3)
    for (const wrong of [log(0, 1), log(0, 1, 1, 2), log(0, 2, 1), log(0, 1, 2, 3)]) {
      expect(() => checkExactlyOnce(1, wrong, 3)).toThrow('should have 0 to 2')
    }
  })

  it('notices a record of another partition', () => {
    expect(() => checkExactlyOnce(2, log(0), 1)).toThrow('has a record "1:0"')
  })
})

describe('at least once', () => {
  it('takes batches that come again at once', () => {
    checkAtLeastOnce(1, batches([0, 1], [0, 1], [2], [3], [3], [3]), 4)
  })

  it('notices what is lost, and what is out of order', () => {
    expect(() => checkAtLeastOnce(1, log(0, 2), 3)).toThrow('1 should follow, and the batch 2 does')
    expect(() => checkAtLeastOnce(1, log(0, 1, 0, 2), 3)).toThrow('2 should follow, and the batch 0 does')
    expect(() => checkAtLeastOnce(1, batches([0, 1], [1], [2]), 3)).toThrow('the batch 1 does')
    expect(() => checkAtLeastOnce(1, log(0, 1), 3)).toThrow('should end with 2')
  })
})

describe('acknowledgements', () => {
  it('hold where the record is at its offset, or no offset was named', () => {
    const acknowledged = new Map([
      [recordValue(1, 0), 0],
      [recordValue(1, 1), -1],
    ])
    checkAcknowledged(1, log(0, 1), acknowledged)
    expect(() => checkAcknowledged(1, log(1, 0), acknowledged)).toThrow('"1:0" was acknowledged at 0, where "1:1" is')
  })
})
