import { describe, expect, it } from 'vitest'
import { BatchHeader, batchHeaderSize } from './batch-header.ts'
import { encodeBatch } from './encode.ts'

const padding = 5
const batch = Buffer.concat([
  Buffer.alloc(padding, 0xff),
  encodeBatch(
    [
      { timestamp: 1000, key: null, value: 'a' },
      { timestamp: 900, key: null, value: 'b' },
    ],
    {
      baseOffset: 2 ** 53 - 10,
      partitionLeaderEpoch: 7,
      producerId: 2 ** 40 + 1,
      producerEpoch: 32767,
      baseSequence: 0x7fff_ffff,
      isTransactional: true,
    },
  ),
])

describe('BatchHeader', () => {
  it('reads every field at any position', () => {
    expect(BatchHeader.baseOffset(batch, padding)).toBe(2 ** 53 - 10)
    expect(BatchHeader.lastOffset(batch, padding)).toBe(2 ** 53 - 9)
    expect(BatchHeader.lastOffsetDelta(batch, padding)).toBe(1)
    expect(BatchHeader.size(batch, padding)).toBe(batch.length - padding)
    expect(BatchHeader.partitionLeaderEpoch(batch, padding)).toBe(7)
    expect(BatchHeader.magic(batch, padding)).toBe(2)
    expect(BatchHeader.attributes(batch, padding)).toBe(0x10)
    expect(BatchHeader.codec(batch, padding)).toBe(0)
    expect(BatchHeader.isTransactional(batch, padding)).toBe(true)
    expect(BatchHeader.isControl(batch, padding)).toBe(false)
    expect(BatchHeader.hasDeleteHorizon(batch, padding)).toBe(false)
    expect(BatchHeader.timestampType(batch, padding)).toBe('CreateTime')
    expect(BatchHeader.baseTimestamp(batch, padding)).toBe(1000)
    expect(BatchHeader.maxTimestamp(batch, padding)).toBe(1000)
    expect(BatchHeader.producerId(batch, padding)).toBe(2 ** 40 + 1)
    expect(BatchHeader.producerEpoch(batch, padding)).toBe(32767)
    expect(BatchHeader.baseSequence(batch, padding)).toBe(0x7fff_ffff)
    expect(BatchHeader.recordCount(batch, padding)).toBe(2)
    expect(BatchHeader.isCrcValid(batch, padding)).toBe(true)
  })

  it('sets offset and leader epoch without touching what the checksum covers', () => {
    const patched = Buffer.from(batch)
    BatchHeader.setBaseOffset(patched, padding, 123_456_789_012)
    BatchHeader.setPartitionLeaderEpoch(patched, padding, -1)
    expect(BatchHeader.baseOffset(patched, padding)).toBe(123_456_789_012)
    expect(BatchHeader.partitionLeaderEpoch(patched, padding)).toBe(-1)
    expect(BatchHeader.isCrcValid(patched, padding)).toBe(true)
    expect(patched.subarray(padding + 16).equals(batch.subarray(padding + 16))).toBe(true)
  })

  it('notices a change of any byte that the checksum covers, and of the checksum', () => {
    for (let position = padding + 17; position < batch.length; position++) {
      const changed = Buffer.from(batch)
      changed[position] = (changed[position] as number) ^ 0x40
      expect(BatchHeader.isCrcValid(changed, padding), `byte ${position - padding}`).toBe(false)
    }
  })

  it('sets the append time of all records and leaves their deltas', () => {
    const patched = Buffer.from(batch)
    BatchHeader.setLogAppendTime(patched, padding, 5_000)
    expect(BatchHeader.timestampType(patched, padding)).toBe('LogAppendTime')
    expect(BatchHeader.maxTimestamp(patched, padding)).toBe(5_000)
    expect(BatchHeader.baseTimestamp(patched, padding)).toBe(1000)
    expect(BatchHeader.isTransactional(patched, padding)).toBe(true)
    expect(BatchHeader.isCrcValid(patched, padding)).toBe(true)
    const records = padding + batchHeaderSize
    expect(patched.subarray(records).equals(batch.subarray(records))).toBe(true)
  })

  it('sets the largest timestamp, after which the batch must be sealed', () => {
    const patched = Buffer.from(batch)
    BatchHeader.setMaxTimestamp(patched, padding, -1)
    expect(BatchHeader.maxTimestamp(patched, padding)).toBe(-1)
    expect(BatchHeader.isCrcValid(patched, padding)).toBe(false)
    BatchHeader.seal(patched, padding)
    expect(BatchHeader.isCrcValid(patched, padding)).toBe(true)
  })

  it('gives the nearest number for timestamps beyond 2^53', () => {
    const patched = Buffer.from(batch)
    patched.writeBigInt64BE(2n ** 63n - 1n, padding + 35)
    expect(BatchHeader.maxTimestamp(patched, padding)).toBe(2 ** 63)
    patched.writeBigInt64BE(-(2n ** 63n), padding + 35)
    expect(BatchHeader.maxTimestamp(patched, padding)).toBe(-(2 ** 63))
  })
})
