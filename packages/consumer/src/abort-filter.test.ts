import { encodeBatch, encodeControlBatch, openBatch } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { AbortFilter } from './abort-filter.ts'

/** A batch of one record. */
const data = (baseOffset: number, producerId: number, isTransactional = true) =>
  openBatch(
    encodeBatch([{ key: null, value: 'v', timestamp: 0 }], {
      baseOffset,
      producerId,
      producerEpoch: 0,
      baseSequence: 0,
      isTransactional,
    }),
  )
const marker = (baseOffset: number, type: 'Commit' | 'Abort', producerId: number) => {
  const options = { timestamp: 0, producerId, producerEpoch: 0, isTransactional: true, baseOffset }
  return openBatch(encodeControlBatch([{ type, data: { coordinatorEpoch: 0 } }], options))
}

describe('the abort filter', () => {
  it('admits everything but control batches when nothing was aborted', () => {
    const filter = new AbortFilter([])
    expect(filter.admits(data(0, 1, false))).toBe(true)
    expect(filter.admits(data(1, 1))).toBe(true)
    expect(filter.admits(marker(2, 'Commit', 1))).toBe(false)
  })

  it('leaves out what a producer wrote from the beginning of an aborted transaction to its marker', () => {
    const filter = new AbortFilter([{ producerId: 1, firstOffset: 1 }])
    expect(filter.admits(data(0, 1))).toBe(true)
    expect(filter.admits(data(1, 1))).toBe(false)
    expect(filter.admits(data(2, 2))).toBe(true)
    expect(filter.admits(data(3, 1))).toBe(false)
    expect(filter.admits(marker(4, 'Abort', 1))).toBe(false)
    expect(filter.admits(data(5, 1))).toBe(true)
  })

  it('does not take the commit of one producer for the abort of another', () => {
    const filter = new AbortFilter([{ producerId: 1, firstOffset: 0 }])
    expect(filter.admits(data(0, 1))).toBe(false)
    expect(filter.admits(marker(1, 'Commit', 2))).toBe(false)
    expect(filter.admits(data(2, 1))).toBe(false)
  })

  it('knows transactions that began before the answer, in whatever order they are listed', () => {
    const filter = new AbortFilter([
      { producerId: 2, firstOffset: 12 },
      { producerId: 1, firstOffset: 3 },
      { producerId: 1, firstOffset: 20 },
    ])
    expect(filter.admits(data(10, 1))).toBe(false)
    expect(filter.admits(marker(11, 'Abort', 1))).toBe(false)
    expect(filter.admits(data(12, 2))).toBe(false)
    expect(filter.admits(data(13, 1))).toBe(true)
    expect(filter.admits(data(20, 1))).toBe(false)
  })

  it('admits what is not of a transaction, though its producer aborts one', () => {
    const filter = new AbortFilter([{ producerId: 1, firstOffset: 0 }])
    expect(filter.admits(data(0, 1, false))).toBe(true)
  })

  it('takes a control batch that compaction has emptied for no marker', () => {
    const filter = new AbortFilter([{ producerId: 1, firstOffset: 0 }])
    const options = { producerId: 1, producerEpoch: 0, isTransactional: true, isControl: true, lastOffsetDelta: 0 }
    expect(filter.admits(openBatch(encodeBatch([], { ...options, baseOffset: 1, maxTimestamp: 0 })))).toBe(false)
    expect(filter.admits(data(2, 1))).toBe(false)
  })
})
