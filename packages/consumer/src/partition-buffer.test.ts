import { inlineWorkers } from '@millrace/base'
import { encodeBatch } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { batchOf, damagedBatchOf, markerOf, numbered, transactionalBatchOf } from '../test/batches.ts'
import { AbortFilter } from './abort-filter.ts'
import { PartitionBuffer } from './partition-buffer.ts'

const all = () => new AbortFilter([])

function newBuffer(position = 0, options: { decompressedSizeMax?: number; checkCrc?: boolean } = {}) {
  const opened = { count: 0, next: Promise.resolve() }
  let onOpened = () => {}
  const buffer = new PartitionBuffer(position, {
    checkCrc: true,
    workers: inlineWorkers,
    decompressedSizeMax: 10_000_000,
    onOpened: () => {
      opened.count++
      onOpened()
    },
    ...options,
  })
  /** Resolves when the next batch that is decompressed beside the event loop is there. */
  const nextOpened = () =>
    new Promise<void>((resolve) => {
      onOpened = resolve
    })
  return { buffer, opened, nextOpened }
}

function drain(buffer: PartitionBuffer): (string | null)[] {
  const values: (string | null)[] = []
  for (let record = buffer.next(); record !== undefined; record = buffer.next()) values.push(record.valueText)
  return values
}

/** Digits of a simple generator: they compress to about half. */
function digits(seed: number): string {
  let state = seed
  const next = () => {
    state = (state * 48271) % 2147483647
    return state % 10
  }
  return Array.from({ length: 400 }, next).join('')
}

/** 500 records, compressed, and too large to be opened at once. */
const large = (baseOffset: number) =>
  batchOf(
    Array.from({ length: 500 }, (_, index) => digits(index + 1)),
    { baseOffset, codec: 'gzip' },
  )

describe('a partition buffer', () => {
  it('gives the records of all answers in order, and knows what it holds', () => {
    const { buffer } = newBuffer()
    const first = Buffer.concat([batchOf(['a', 'b']), batchOf(['c'], { baseOffset: 2 })])
    const second = batchOf(['d'], { baseOffset: 3, partitionLeaderEpoch: 5 })
    expect([buffer.hasData, buffer.next()]).toEqual([false, undefined])
    expect(buffer.add(first, all())).toBe(3)
    expect(buffer.add(second, all())).toBe(4)
    expect(buffer.size).toBe(first.length + second.length)
    expect(drain(buffer)).toEqual(['a', 'b', 'c', 'd'])
    expect([buffer.size, buffer.position, buffer.leaderEpoch, buffer.hasData]).toEqual([0, 4, 5, false])
  })

  it('skips records before its position: a broker sends the whole batch that the offset is in', () => {
    const { buffer } = newBuffer(12)
    buffer.add(batchOf(numbered(5, 10), { baseOffset: 10 }), all())
    expect(drain(buffer)).toEqual(['12', '13', '14'])
  })

  it('leaves out a batch that is cut at the end, and says where to go on', () => {
    const { buffer } = newBuffer()
    const cut = batchOf(['c'], { baseOffset: 2 })
    expect(buffer.add(Buffer.concat([batchOf(['a', 'b']), cut.subarray(0, -1)]), all())).toBe(2)
    expect(drain(buffer)).toEqual(['a', 'b'])
    expect(buffer.add(cut.subarray(0, 20), all())).toBeUndefined()
    expect(buffer.size).toBe(0)
  })

  it('goes on after a compacted batch whose last records are missing, and after one without records', () => {
    const { buffer } = newBuffer()
    buffer.add(batchOf(['a', 'b'], { lastOffsetDelta: 9 }), all())
    expect(drain(buffer)).toEqual(['a', 'b'])
    expect(buffer.position).toBe(10)
    buffer.add(encodeBatch([], { baseOffset: 10, lastOffsetDelta: 4, maxTimestamp: 0 }), all())
    expect(buffer.next()).toBeUndefined()
    expect([buffer.position, buffer.size]).toEqual([15, 0])
  })

  it('passes control batches and aborted records without giving them', () => {
    const { buffer } = newBuffer()
    const bytes = Buffer.concat([
      transactionalBatchOf(['a', 'b'], 1),
      markerOf('Abort', 1, 2),
      batchOf(['c'], { baseOffset: 3 }),
    ])
    buffer.add(bytes, new AbortFilter([{ producerId: 1, firstOffset: 0 }]))
    expect(drain(buffer)).toEqual(['c'])
    buffer.add(markerOf('Commit', 1, 4), all())
    expect(drain(buffer)).toEqual([])
    expect(buffer.position).toBe(5)
  })

  it('gives what comes before a damaged batch, then its error every time, and nothing beyond it', () => {
    const { buffer } = newBuffer()
    const bytes = Buffer.concat([
      batchOf(['a', 'b']),
      damagedBatchOf(['c'], { baseOffset: 2 }),
      batchOf(['d'], { baseOffset: 3 }),
    ])
    buffer.add(bytes, all())
    expect([buffer.next()?.valueText, buffer.next()?.valueText]).toEqual(['a', 'b'])
    for (let count = 0; count < 3; count++) expect(() => buffer.next()).toThrow('checksum of the batch at offset 2')
    buffer.add(batchOf(['e'], { baseOffset: 4 }), all())
    expect(() => buffer.next()).toThrow('checksum')
    expect([buffer.isBroken, buffer.hasData, buffer.position]).toEqual([true, true, 2])
    buffer.reset(3)
    expect([buffer.isBroken, buffer.size]).toEqual([false, 0])
    buffer.add(batchOf(['d'], { baseOffset: 3 }), all())
    expect(drain(buffer)).toEqual(['d'])
  })

  it('gives what comes before bytes that are no batch in the same answer', () => {
    const { buffer } = newBuffer()
    expect(buffer.add(Buffer.concat([batchOf(['a']), Buffer.alloc(100)]), all())).toBe(1)
    expect(buffer.next()?.valueText).toBe('a')
    expect(() => buffer.next()).toThrow('a record batch cannot be 12 bytes long')
    expect(() => buffer.next()).toThrow('a record batch cannot be 12 bytes long')
  })

  it('tells of the damage that comes first', () => {
    const { buffer } = newBuffer()
    buffer.add(damagedBatchOf(['a']), all())
    buffer.fail(new Error('later'))
    expect(() => buffer.next()).toThrow('checksum')
    expect(() => buffer.next()).toThrow('checksum')
  })

  it('reads a batch with a wrong checksum when it is not to be compared', () => {
    const { buffer } = newBuffer(0, { checkCrc: false })
    buffer.add(damagedBatchOf(['a', 'b']), all())
    expect(buffer.next()?.valueText).toBe('a')
  })

  it('refuses records that grow beyond the limit', () => {
    const { buffer } = newBuffer(0, { decompressedSizeMax: 1000 })
    buffer.add(batchOf(['x'.repeat(5000)], { codec: 'gzip' }), all())
    expect(() => buffer.next()).toThrow('cannot be decompressed')
  })

  it('opens a large compressed batch beside the event loop, and the ones after it in their turn', async () => {
    const { buffer, opened, nextOpened } = newBuffer()
    const bytes = large(1)
    expect(bytes.length).toBeGreaterThan(64 * 1024)
    buffer.add(Buffer.concat([batchOf(['a']), bytes, batchOf(['z'], { baseOffset: 501 })]), all())
    expect(drain(buffer)).toEqual(['a'])
    // Nothing to be had now: nobody shall turn to it before it says so.
    expect(buffer.hasData).toBe(false)
    expect(buffer.next()).toBeUndefined()
    await nextOpened()
    expect(opened.count).toBe(1)
    expect(buffer.hasData).toBe(true)
    const values = drain(buffer)
    expect([values.length, values.at(-1), buffer.position]).toEqual([501, 'z', 502])
  })

  it('tells of a large compressed batch that cannot be opened', async () => {
    const { buffer, nextOpened } = newBuffer()
    const bytes = large(0)
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] as number) ^ 1
    buffer.add(bytes, all())
    expect(buffer.next()).toBeUndefined()
    await nextOpened()
    expect(() => buffer.next()).toThrow('checksum')
    expect(() => buffer.next()).toThrow('checksum')
  })

  it('forgets what was being opened when it is moved', async () => {
    const { buffer, opened, nextOpened } = newBuffer()
    buffer.add(large(0), all())
    expect(buffer.next()).toBeUndefined()
    buffer.reset(900)
    buffer.add(large(900), all())
    expect(buffer.next()).toBeUndefined()
    await nextOpened()
    expect(buffer.next()?.offset).toBe(900)
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    expect(opened.count).toBe(1)
    expect(drain(buffer)).toHaveLength(499)
  })
})
