import { describe, expect, it } from 'vitest'
import { transactionIndexProblem } from './index-checks.ts'

const entry = (firstOffset: number, lastOffset: number, lastStableOffset = lastOffset + 1) => {
  return { producerId: 7, firstOffset, lastOffset, lastStableOffset }
}

describe('transactionIndexProblem', () => {
  it('tells what is missing, too much, or different', () => {
    expect(transactionIndexProblem([entry(1, 5)], [entry(1, 5)], 0)).toBeUndefined()
    expect(transactionIndexProblem([entry(1, 5)], [], 0)?.problem).toContain('is not in it')
    expect(transactionIndexProblem([], [entry(1, 5)], 0)?.problem).toContain('no transaction was aborted')
    expect(transactionIndexProblem([entry(2, 5)], [entry(1, 5)], 0)?.problem).toContain('offsets 1-5')
    expect(transactionIndexProblem([entry(1, 5, 3)], [entry(1, 5)], 0)?.problem).toContain('stable 6')
  })

  it('does not ask for the beginnings of transactions that are below the log’s start', () => {
    expect(transactionIndexProblem([entry(9, 15)], [entry(3, 15)], 8)).toBeUndefined()
    expect(transactionIndexProblem([entry(9, 15)], [entry(9, 15, 4)], 8)).toBeUndefined()
    expect(transactionIndexProblem([], [entry(3, 15)], 8)).toBeUndefined()
    expect(transactionIndexProblem([], [entry(9, 15)], 8)?.problem).toContain('no transaction was aborted')
  })
})
