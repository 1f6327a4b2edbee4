import { randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { plainBatch, randomRecord } from '../../test/plain-batch.ts'
import { codecByName, codecs } from '../compression/index.ts'
import { BatchHeader } from './batch-header.ts'
import { openBatch } from './decode.ts'
import { BatchBuilder, encodeBatch, type RecordInput, recordSizeUpperBound } from './encode.ts'

const record: RecordInput = { timestamp: 1000, key: 'key', value: 'value' }

describe('BatchBuilder', () => {
  it('writes the same bytes as the plain encoder, whatever the records', () => {
    for (let seed = 0; seed < 150; seed++) {
      const random = seededRandom(seed)
      const records = Array.from({ length: 1 + randomBelow(random, 30) }, () => randomRecord(random))
      const builder = new BatchBuilder({ sizeHint: randomBelow(random, 2000) })
      for (const each of records) expect(builder.append(each)).toBe(true)
      const expected = plainBatch(records)
      expect(builder.size, `seed ${seed}`).toBe(expected.length)
      expect(builder.build().equals(expected), `seed ${seed}`).toBe(true)
      expect(encodeBatch(records).equals(expected), `seed ${seed}`).toBe(true)
    }
  })

  it('writes a record of every size as the plain encoder does', () => {
    for (let size = 0; size < 300; size++) {
      for (const value of ['x'.repeat(size), 'é'.repeat(size), '語'.repeat(size), Buffer.alloc(size)]) {
        const records = [
          { timestamp: 0, key: null, value },
          { timestamp: 0, key: value, value: null },
        ]
        expect(encodeBatch(records).equals(plainBatch(records)), `${typeof value} of ${size}`).toBe(true)
      }
    }
  })

  it('takes any Uint8Array', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    const batch = encodeBatch([{ timestamp: 0, key: bytes, value: bytes, headers: [{ key: 'h', value: bytes }] }])
    expect(openBatch(batch).records()[0]?.value).toEqual(Buffer.from(bytes))
  })

  it('knows its size and count as it grows', () => {
    const builder = new BatchBuilder()
    expect([builder.size, builder.recordCount, builder.maxTimestamp]).toEqual([61, 0, -1])
    builder.append(record)
    builder.append({ ...record, timestamp: 999 })
    expect([builder.recordCount, builder.maxTimestamp]).toEqual([2, 1000])
    expect(builder.size).toBe(builder.build().length)
    expect(builder.estimatedSize(0.5)).toBe(61 + Math.ceil((builder.size - 61) / 2))
  })

  it('takes no record beyond a size, but always a first one', () => {
    for (const value of ['é'.repeat(400), Buffer.alloc(800), 'x'.repeat(800)]) {
      const single = encodeBatch([{ timestamp: 0, key: null, value }]).length
      const builder = new BatchBuilder({ sizeHint: 100 })
      expect(builder.append({ timestamp: 0, key: null, value }, 100)).toBe(true)
      const { size } = builder
      const full = size * 2 - 61
      expect(builder.append({ timestamp: 5, key: null, value }, full - 1)).toBe(false)
      expect([builder.size, builder.recordCount, builder.maxTimestamp]).toEqual([size, 1, 0])
      expect(builder.append({ timestamp: 0, key: null, value }, full)).toBe(true)
      expect(builder.size).toBe(full)
      expect(single).toBe(size)
    }
  })

  it('does not grow for text that fits', () => {
    // More than the pool's share, so that the batch has memory of its own.
    const size = 100_000
    const builder = new BatchBuilder({ sizeHint: 61 + 36 + size })
    builder.append({ timestamp: 0, key: null, value: 'x'.repeat(size) })
    const { buffer } = builder.build()
    expect(buffer.byteLength).toBe(61 + 36 + size)
  })

  it('bounds the size of a record from above', () => {
    const random = seededRandom(9)
    for (let round = 0; round < 200; round++) {
      const each = randomRecord(random)
      const size = plainBatch([each]).length - 61
      const bound = recordSizeUpperBound(each)
      expect(bound).toBeGreaterThanOrEqual(size)
      expect(bound - size).toBeLessThanOrEqual(36 + 10 * (each.headers?.length ?? 0))
    }
  })

  it.each([0.5, Number.NaN, 2 ** 53, -(2 ** 53) - 2, Number.POSITIVE_INFINITY])(
    'refuses the timestamp %d',
    (timestamp) => {
      const builder = new BatchBuilder()
      builder.append(record)
      const { size } = builder
      expect(() => builder.append({ ...record, timestamp })).toThrow(RangeError)
      expect([builder.size, builder.recordCount]).toEqual([size, 1])
    },
  )

  it('is used once', async () => {
    const builder = new BatchBuilder()
    builder.append(record)
    builder.build()
    expect(() => builder.append(record)).toThrow('built')
    expect(() => builder.build()).toThrow('once')
    await expect(builder.buildAsync()).rejects.toThrow('once')
    expect(() => new BatchBuilder().build()).toThrow('lastOffsetDelta')
  })

  it('sets what it is told when it is built', () => {
    const builder = new BatchBuilder()
    builder.append(record)
    const batch = openBatch(
      builder.build({
        baseOffset: 12,
        partitionLeaderEpoch: 3,
        producerId: 5,
        producerEpoch: 6,
        baseSequence: 7,
        isTransactional: true,
        logAppendTimeMs: 5000,
        lastOffsetDelta: 9,
      }),
    )
    expect(batch).toMatchObject({
      baseOffset: 12,
      lastOffset: 21,
      partitionLeaderEpoch: 3,
      producerId: 5,
      producerEpoch: 6,
      baseSequence: 7,
      isTransactional: true,
      isControl: false,
      timestampType: 'LogAppendTime',
      maxTimestamp: 5000,
      baseTimestamp: 1000,
      recordCount: 1,
    })
  })

  it('keeps records byte for byte when they are copied by their content', () => {
    const random = seededRandom(11)
    const records = Array.from({ length: 40 }, () => randomRecord(random))
    const original = encodeBatch(records)
    const copy = new BatchBuilder({ sizeHint: 0 })
    for (const view of openBatch(original)) copy.appendContent(view.timestamp, view.offsetDelta, view.content)
    expect(copy.build().equals(original)).toBe(true)
  })

  it('counts timestamps from the delete horizon, and keeps gaps', () => {
    const builder = new BatchBuilder({ deleteHorizonMs: 90_000 })
    builder.append({ ...record, offsetDelta: 4 })
    builder.append(record)
    builder.appendContent(2000, 9, openBatch(encodeBatch([record])).records()[0]?.content as Buffer)
    const batch = openBatch(builder.build({ baseOffset: 100, lastOffsetDelta: 20 }))
    expect(batch.deleteHorizonMs).toBe(90_000)
    expect(batch.records().map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [104, 1000],
      [105, 1000],
      [109, 2000],
    ])
    expect([batch.lastOffset, batch.maxTimestamp]).toEqual([120, 2000])
  })

  it('keeps what is known of a batch without records', () => {
    const lz4 = codecByName('lz4')
    const bytes = new BatchBuilder().build({
      baseOffset: 5,
      lastOffsetDelta: 3,
      maxTimestamp: 77,
      producerId: 1,
      codec: lz4,
    })
    expect(bytes).toHaveLength(61)
    const batch = openBatch(bytes)
    expect(batch).toMatchObject({ lastOffset: 8, maxTimestamp: 77, baseTimestamp: -1, producerId: 1, codec: 0 })
    expect(batch.records()).toEqual([])
  })

  it.each(codecs.map((codec) => [codec.name, codec] as const))('compresses with %s, either way', async (_, codec) => {
    const random = seededRandom(12)
    const records = Array.from({ length: 50 }, () => randomRecord(random))
    const plain = openBatch(plainBatch(records)).recordBytes
    const builder = new BatchBuilder()
    for (const each of records) builder.append(each)
    for (const bytes of [encodeBatch(records, { codec }), await builder.buildAsync({ codec })]) {
      expect(BatchHeader.codec(bytes, 0)).toBe(codec.id)
      expect(BatchHeader.size(bytes, 0)).toBe(bytes.length)
      expect(openBatch(bytes).recordBytes.equals(plain)).toBe(true)
    }
  })
})
