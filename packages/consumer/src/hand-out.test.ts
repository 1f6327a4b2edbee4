import { inlineWorkers } from '@millrace/base'
import { bytes } from '@millrace/client'
import { describe, expect, it } from 'vitest'
import { batchOf, damagedBatchOf, numbered } from '../test/batches.ts'
import { AbortFilter } from './abort-filter.ts'
import { HandOut } from './hand-out.ts'
import { PartitionState } from './partition-state.ts'

function newHandOut() {
  let readCount = 0
  const handOut = new HandOut({ commitMessage: () => Promise.resolve() }, () => {
    readCount++
  })
  const fill = (state: PartitionState, batch: Buffer) => {
    state.buffer.add(batch, new AbortFilter([]))
    handOut.offer(state)
  }
  /** A partition with `count` records. */
  const partition = (number: number, count: number): PartitionState => {
    const serdes = { key: bytes(), value: bytes() }
    const options = { checkCrc: true, decompressedSizeMax: 1000, workers: inlineWorkers, onOpened: () => {} }
    const state = new PartitionState('t', number, serdes, { startAt: 'earliest', needsCommitted: false }, options)
    state.moveTo(0)
    if (count > 0) fill(state, batchOf(numbered(count)))
    return state
  }
  /** Partition and offset of the next messages. */
  const take = (count: number) =>
    Array.from({ length: count }, () => {
      handOut.finish()
      const message = handOut.takeMessage()
      return message === undefined ? undefined : `${message.partition}:${message.offset}`
    })
  return { handOut, fill, partition, take, readCount: () => readCount }
}

describe('handing out messages', () => {
  it('goes through one partition after the other, and tells when a buffer got smaller', () => {
    const { partition, take, readCount } = newHandOut()
    partition(0, 2)
    partition(1, 1)
    expect(take(4)).toEqual(['0:0', '0:1', '1:0', undefined])
    expect(readCount()).toBe(2)
  })

  it('lets nobody wait for long: a full partition gives way after 500 messages', () => {
    const { partition, take } = newHandOut()
    partition(0, 1200)
    partition(1, 1)
    const taken = take(1201)
    expect(taken.indexOf('1:0')).toBe(500)
    expect(taken[501]).toBe('0:500')
    expect(taken[1200]).toBe('0:1199')
  })

  it('leaves out paused and revoked partitions, and everything while it is held', () => {
    const { handOut, partition, take } = newHandOut()
    const first = partition(0, 3)
    const second = partition(1, 3)
    partition(2, 1)
    expect(take(1)).toEqual(['0:0'])
    first.isPaused = true
    second.revoke()
    handOut.isHeld = true
    expect(take(1)).toEqual([undefined])
    handOut.isHeld = false
    expect(take(2)).toEqual(['2:0', undefined])
    first.isPaused = false
    handOut.offer(first)
    expect(take(2)).toEqual(['0:1', '0:2'])
    expect(handOut.recordCount).toBe(4)
  })

  it('stops with a partition that is being given up, and does not begin one that nobody was told of', () => {
    const { handOut, partition, take } = newHandOut()
    const going = partition(0, 3)
    const unknown = partition(1, 1)
    unknown.isAnnounced = false
    expect(take(1)).toEqual(['0:0'])
    going.isGoing = true
    expect(take(1)).toEqual([undefined])
    handOut.offer(going)
    handOut.offer(unknown)
    expect(take(1)).toEqual([undefined])
    unknown.isAnnounced = true
    handOut.offer(unknown)
    expect(take(2)).toEqual(['1:0', undefined])
  })

  it('knows what is out until it is finished or taken back', async () => {
    const { handOut, partition } = newHandOut()
    const state = partition(0, 3)
    const keys = new Set(['t-0'])
    await handOut.whenIdle(keys)
    handOut.takeMessage()
    expect([handOut.isOut, handOut.isOutOf(keys), state.doneOffset]).toEqual([true, true, 0])
    expect(handOut.isOutOf(new Set(['t-1']))).toBe(false)
    let isIdle = false
    // Only of that partition.
    await handOut.whenIdle(new Set(['t-1']))
    const idle = handOut.whenIdle(keys).then(() => {
      isIdle = true
    })
    await Promise.resolve()
    expect(isIdle).toBe(false)
    handOut.finish()
    await idle
    expect([handOut.isOut, state.doneOffset]).toEqual([false, 1])
    handOut.takeMessage()
    handOut.takeBack()
    expect([handOut.isOut, state.position, handOut.count]).toEqual([false, 1, 2])
  })

  it('does not move a partition back that has been taken away', () => {
    const { handOut, partition } = newHandOut()
    const state = partition(0, 3)
    handOut.takeMessage()
    state.revoke()
    handOut.remove(state)
    handOut.takeBack()
    expect([state.position, handOut.isOut]).toEqual([1, false])
  })

  it('tells of a damaged partition each time its turn comes; the others go on', () => {
    const { fill, partition, take } = newHandOut()
    fill(partition(0, 1), damagedBatchOf(['x'], { baseOffset: 1 }))
    expect(take(1)).toEqual(['0:0'])
    expect(() => take(1)).toThrow('t-0 from offset 1 on cannot be read: the checksum')
    partition(1, 2)
    expect(() => take(1)).toThrow(expect.objectContaining({ code: 'corrupt-data' }))
    expect(take(2)).toEqual(['1:0', '1:1'])
    expect(() => take(1)).toThrow('t-0 from offset 1')
  })
})

describe('handing out batches', () => {
  it('gives messages of one partition, up to the most, and partitions in turn', () => {
    const { handOut, partition } = newHandOut()
    const first = partition(0, 5)
    partition(1, 1)
    const batches = Array.from({ length: 4 }, () => {
      handOut.finish()
      return handOut.takeBatch(3)
    })
    const content = batches.map((batch) => batch && [batch.partition, ...[...batch].map(({ offset }) => offset)])
    expect(content).toEqual([[0, 0, 1, 2], [1, 0], [0, 3, 4], undefined])
    expect(first.doneOffset).toBe(5)
  })

  it('does not finish any of a batch that is out', () => {
    const { handOut, partition } = newHandOut()
    const state = partition(0, 5)
    handOut.takeBatch(3)
    expect(state.doneOffset).toBe(0)
    handOut.takeBack()
    expect(state.position).toBe(0)
  })

  it('gives what comes before the damage first', () => {
    const { handOut, fill, partition } = newHandOut()
    fill(partition(0, 2), damagedBatchOf(['x'], { baseOffset: 2 }))
    expect(handOut.takeBatch(10)?.count).toBe(2)
    handOut.finish()
    expect(() => handOut.takeBatch(10)).toThrow('t-0 from offset 2 on cannot be read')
    expect(() => handOut.takeBatch(10)).toThrow('t-0 from offset 2 on cannot be read')
  })
})
