import { encodeBatch, encodeControlBatch } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { AbortFinder, mergeAborted } from './abort-finder.ts'
import { CleanedTransactions } from './transactions.ts'

function aborted(producerId: number, firstOffset: number, lastOffset: number, lastStableOffset = 0) {
  return { producerId, firstOffset, lastOffset, lastStableOffset }
}

function data(producerId: number, baseOffset: number, lastOffset = baseOffset) {
  return { producerId, isTransactional: true, baseOffset, lastOffset }
}

function control(producerId: number, lastOffset: number, kind: 'abort' | 'commit' | 'empty' | 'other') {
  return { producerId, lastOffset, kind }
}

describe('CleanedTransactions', () => {
  it('drops the batches of an aborted transaction, and of that alone', () => {
    const transactions = new CleanedTransactions([aborted(1, 10, 20)])
    expect(transactions.onData(data(1, 5, 9))).toBe(false)
    expect(transactions.onData(data(2, 10))).toBe(false)
    expect(transactions.onData(data(1, 11, 12))).toBe(true)
    expect(transactions.onData({ ...data(1, 13), isTransactional: false })).toBe(false)
    transactions.onControl(control(1, 20, 'abort'))
    expect(transactions.onData(data(1, 21))).toBe(false)
  })

  it('keeps the marker, and its entry, until no batch of the transaction is left', () => {
    const transaction = aborted(1, 10, 20)
    const first = new CleanedTransactions([transaction])
    first.onData(data(1, 10))
    expect(first.onControl(control(1, 20, 'abort'))).toBe(false)
    expect(first.takeKept()).toEqual([transaction])
    expect(first.takeKept()).toEqual([])
    const second = new CleanedTransactions([transaction])
    expect(second.onControl(control(1, 20, 'abort'))).toBe(true)
    expect(second.takeKept()).toEqual([])
  })

  it('lets a COMMIT marker go that has no batches before it', () => {
    const transactions = new CleanedTransactions([])
    transactions.onData(data(1, 10))
    expect(transactions.onControl(control(2, 11, 'commit'))).toBe(true)
    expect(transactions.onControl(control(1, 12, 'commit'))).toBe(false)
    expect(transactions.onControl(control(1, 13, 'commit'))).toBe(true)
    expect(transactions.onControl(control(1, 14, 'empty'))).toBe(true)
    expect(transactions.onControl(control(1, 15, 'other'))).toBe(false)
  })

  it('does not drop what comes after a marker that is no longer there', () => {
    const transactions = new CleanedTransactions([aborted(1, 10, 20), aborted(1, 40, 50)])
    expect(transactions.onData(data(1, 15))).toBe(true)
    expect(transactions.onData(data(1, 25))).toBe(false)
    expect(transactions.onControl(control(1, 30, 'commit'))).toBe(false)
    expect(transactions.onData(data(1, 45))).toBe(true)
  })

  it('keeps an ABORT marker whose transaction it does not know, while that has batches', () => {
    const transactions = new CleanedTransactions([])
    transactions.onData(data(1, 10))
    expect(transactions.onControl(control(1, 20, 'abort'))).toBe(false)
    expect(transactions.onControl(control(1, 21, 'abort'))).toBe(true)
  })
})

describe('AbortFinder', () => {
  function batch(producerId: number, baseOffset: number, isTransactional = true): Buffer {
    return encodeBatch([{ timestamp: 1, key: 'k', value: 'v' }], { baseOffset, producerId, isTransactional })
  }

  function marker(type: 'Abort' | 'Commit', producerId: number, baseOffset: number): Buffer {
    const options = { timestamp: 1, baseOffset, producerId, isTransactional: true }
    return encodeControlBatch([{ type, data: { coordinatorEpoch: 0 } }], options)
  }

  it('finds the transactions that ABORT markers end', () => {
    const finder = new AbortFinder(5)
    const batches = [
      batch(1, 10),
      batch(2, 11),
      batch(3, 12, false),
      batch(1, 13),
      marker('Commit', 2, 14),
      marker('Abort', 1, 15),
      marker('Abort', 3, 16),
      batch(1, 17),
      marker('Commit', 1, 18),
      batch(2, 19),
      marker('Abort', 2, 20),
    ]
    for (const bytes of batches) finder.observe(bytes, 0)
    expect(finder.found).toEqual([aborted(1, 10, 15, 5), aborted(2, 19, 20, 5)])
  })

  it('prefers what the index knows of the same transaction', () => {
    const merged = mergeAborted([aborted(1, 3, 15, 9), aborted(9, 8, 30, 9)], [aborted(1, 10, 15), aborted(2, 5, 6)])
    expect(merged).toEqual([aborted(1, 3, 15, 9), aborted(2, 5, 6), aborted(9, 8, 30, 9)])
  })
})
