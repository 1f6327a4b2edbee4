import { describe, expect, it } from 'vitest'
import { vectorBytes, vectorFile } from '../../test/vector-file.ts'
import { codecByName, codecs } from '../compression/index.ts'
import { errorName } from '../errors.ts'
import { BatchHeader } from './batch-header.ts'
import { recordFaultsMax } from './check-records.ts'
import { openBatch } from './decode.ts'
import { BatchBuilder, encodeBatch, type RecordInput } from './encode.ts'
import type { ProduceRules, TimestampRules } from './produce-rules.ts'
import { validateProduce, validateProduceAsync } from './validate.ts'

interface Negative {
  readonly name: string
  readonly hex: string
  readonly kafka: {
    readonly split: string
    readonly iterate?: string
    readonly brokerAppend: { readonly stage: string; readonly error: string }
  }
}

const negatives = vectorFile<Negative[]>('batches/negative.json')
const rules: ProduceRules = { batchSizeMax: 1_048_588 }

/** Where we answer something else than the column says, and why. */
const differences = new Map<string, [error: string, reason: string]>([
  [
    'base-offset-changed',
    ['INVALID_RECORD', 'the column leaves out the check before the log validator, which we make as Kafka does'],
  ],
  [
    'length-2147483647',
    ['INVALID_RECORD', 'a batch that is not all there, like any other; in Kafka the size overflows'],
  ],
  [
    'varint-too-long',
    ['INVALID_RECORD', 'a malformed record, like any other; in Kafka an exception that nobody expects'],
  ],
])

/** Damage that only shows when records are read, which happens on demand. */
const deepOnly = new Set(
  negatives
    .filter(({ name }) =>
      /^(record-|key-|header-|varint|uncompressed-labelled|.*-(garbage|damaged|stream-cut)$|gzip-labelled-none)/.test(
        name,
      ),
    )
    .map(({ name }) => name),
)

function answer(bytes: Buffer, each: ProduceRules = rules): string {
  const refusal = validateProduce(bytes, each)
  return refusal === undefined ? 'NONE' : errorName(refusal.errorCode)
}

describe('validateProduce', () => {
  it.each(negatives.map((negative) => [negative.name, negative] as const))(
    'answers %s as Kafka does',
    async (name, negative) => {
      const bytes = vectorBytes(negative)
      const expected = differences.get(name)?.[0] ?? negative.kafka.brokerAppend.error
      expect(answer(bytes, { ...rules, deep: true })).toBe(expected)
      const refusal = await validateProduceAsync(bytes, { ...rules, deep: true })
      expect(refusal === undefined ? 'NONE' : errorName(refusal.errorCode)).toBe(expected)
      expect(answer(bytes)).toBe(deepOnly.has(name) ? 'NONE' : expected)
    },
  )

  it('knows its differences from Kafka', () => {
    for (const [name, [error]] of differences) {
      expect(negatives.find((negative) => negative.name === name)?.kafka.brokerAppend.error).not.toBe(error)
    }
  })

  it('takes every batch of a client that Kafka wrote', () => {
    const vectors = vectorFile<{ name: string; hex?: string; file?: string }[]>('batches/batches.json')
    const clients = vectors.filter(({ name }) => !/control|gaps|horizon|empty|raft|log-append/.test(name))
    expect(clients.length).toBe(70)
    for (const vector of clients) {
      const bytes = vectorBytes(vector)
      BatchHeader.setBaseOffset(bytes, 0, 0)
      expect(answer(bytes, { ...rules, deep: true }), vector.name).toBe('NONE')
    }
  })

  const now = 1_700_000_000_000
  const timestamps: TimestampRules = {
    type: 'CreateTime',
    nowMs: now,
    beforeMaxMs: Number.POSITIVE_INFINITY,
    afterMaxMs: 3_600_000,
  }
  const record: RecordInput = { timestamp: now, key: 'k', value: 'v' }

  it('makes its checks in the order of Kafka', () => {
    // Each batch has this fault and all that come later; the last has none.
    const faulty = (...steps: ((bytes: Buffer) => void)[]) => {
      const bytes = encodeBatch([record, record], { codec: codecByName('zstd'), producerId: 1, producerEpoch: 0 })
      for (const step of steps) step(bytes)
      return bytes
    }
    const offset = (bytes: Buffer) => BatchHeader.setBaseOffset(bytes, 0, 1)
    const crc = (bytes: Buffer) => bytes.writeInt32BE(0, 17)
    const count = (bytes: Buffer) => {
      bytes.writeInt32BE(3, 57)
      BatchHeader.seal(bytes, 0)
    }
    const old = { ...rules, produceVersion: 6 }
    const small = { batchSizeMax: 70, segmentSizeMax: 65 }
    expect(answer(Buffer.concat([faulty(offset, crc), faulty()]), { ...old, ...small })).toBe(
      'UNSUPPORTED_COMPRESSION_TYPE',
    )
    expect(answer(Buffer.concat([faulty(offset, crc), faulty()]), small)).toBe('INVALID_RECORD')
    expect(validateProduce(faulty(count, offset, crc), small)?.message).toContain('base offset')
    expect(answer(faulty(count, crc), small)).toBe('MESSAGE_TOO_LARGE')
    expect(answer(faulty(count, crc), { ...rules, segmentSizeMax: 65 })).toBe('CORRUPT_MESSAGE')
    expect(validateProduce(faulty(count), { ...rules, segmentSizeMax: 65 })?.message).toContain('3 records')
    expect(validateProduce(faulty(), { ...rules, segmentSizeMax: 65 })?.message).toContain('sequence')
    const bytes = encodeBatch([record])
    expect(answer(bytes, { ...rules, segmentSizeMax: bytes.length - 1 })).toBe('RECORD_LIST_TOO_LARGE')
    expect(answer(bytes, { batchSizeMax: bytes.length, segmentSizeMax: bytes.length })).toBe('NONE')
    expect(answer(bytes, { batchSizeMax: bytes.length - 1 })).toBe('MESSAGE_TOO_LARGE')
  })

  it('refuses bytes after the batch', () => {
    const bytes = Buffer.concat([encodeBatch([record]), Buffer.alloc(10)])
    expect(validateProduce(bytes, rules)).toMatchObject({ errorCode: 87, message: '10 bytes follow the record batch' })
  })

  it('takes zstd from version 7 on', () => {
    const bytes = encodeBatch([record], { codec: codecByName('zstd') })
    expect(answer(bytes, { ...rules, produceVersion: 7 })).toBe('NONE')
    expect(answer(bytes, { ...rules, produceVersion: 6 })).toBe('UNSUPPORTED_COMPRESSION_TYPE')
    expect(answer(encodeBatch([record], { codec: codecByName('lz4') }), { ...rules, produceVersion: 3 })).toBe('NONE')
  })

  it('refuses a producer id that a number cannot hold', () => {
    const bytes = encodeBatch([record], { producerId: 1, producerEpoch: 0, baseSequence: 0 })
    bytes.writeBigInt64BE(2n ** 53n + 1n, 43)
    BatchHeader.seal(bytes, 0)
    expect(answer(bytes)).toBe('INVALID_RECORD')
  })

  it('names the records without a key on a compacted topic', () => {
    const bytes = encodeBatch([{ ...record, key: null }, record, { ...record, key: null }])
    expect(answer(bytes)).toBe('NONE')
    const refusal = validateProduce(bytes, { ...rules, compacted: true })
    expect(refusal?.errorCode).toBe(87)
    expect(refusal?.recordFaults.map(({ batchIndex }) => batchIndex)).toEqual([0, 2])
  })

  it('names the records whose timestamps are out of range', () => {
    const offsets = [0, 3_600_000, 3_600_001, -1_000_000, -1_000_001]
    const bytes = encodeBatch([
      ...offsets.map((offset) => ({ ...record, timestamp: now + offset })),
      { ...record, timestamp: -1 },
    ])
    const late = validateProduce(bytes, { ...rules, timestamps })
    expect(late).toMatchObject({ errorCode: 32, recordFaults: [{ batchIndex: 2 }] })
    const both = validateProduce(bytes, { ...rules, timestamps: { ...timestamps, beforeMaxMs: 1_000_000 } })
    expect(both).toMatchObject({ errorCode: 32, recordFaults: [{ batchIndex: 2 }, { batchIndex: 4 }] })
    expect(answer(bytes, { ...rules, timestamps: { ...timestamps, type: 'LogAppendTime' } })).toBe('NONE')
  })

  it('answers one bad timestamp among missing keys as a bad timestamp', () => {
    const bytes = encodeBatch([
      { ...record, key: null },
      { ...record, timestamp: now * 2 },
    ])
    const refusal = validateProduce(bytes, { ...rules, timestamps, compacted: true })
    expect(refusal).toMatchObject({ errorCode: 32, recordFaults: [{ batchIndex: 0 }, { batchIndex: 1 }] })
  })

  it('takes an append time from a client only where Kafka does', () => {
    const bytes = encodeBatch([record, record], { logAppendTimeMs: now })
    expect(answer(bytes, { ...rules, timestamps })).toBe('NONE')
    expect(answer(bytes, { ...rules, timestamps: { ...timestamps, type: 'LogAppendTime' } })).toBe('INVALID_TIMESTAMP')
    const none = encodeBatch([record, record], { logAppendTimeMs: -1 })
    expect(validateProduce(none, { ...rules, timestamps })).toMatchObject({ errorCode: 32, recordFaults: [{}, {}] })
  })

  it('names a limited number of records', () => {
    const records = Array.from({ length: recordFaultsMax + 500 }, () => ({ ...record, key: null }))
    const refusal = validateProduce(encodeBatch(records), { ...rules, compacted: true })
    expect(refusal?.recordFaults).toHaveLength(recordFaultsMax)
    expect(refusal?.message).toContain('1500 of the records')
  })

  it('takes gaps in an uncompressed batch, and fails on them in a compressed one, as Kafka does', () => {
    for (const codec of codecs) {
      const builder = new BatchBuilder()
      builder.append({ ...record, offsetDelta: 0 })
      builder.append({ ...record, offsetDelta: 5 })
      const bytes = builder.build({ codec, lastOffsetDelta: 1 })
      expect(answer(bytes, { ...rules, deep: true }), codec.name).toBe(codec.id === 0 ? 'NONE' : 'UNKNOWN_SERVER_ERROR')
    }
  })

  it('limits what it decompresses', () => {
    const bytes = encodeBatch([{ ...record, value: Buffer.alloc(100_000) }], { codec: codecByName('lz4') })
    expect(answer(bytes, { ...rules, deep: true, decompressedSizeMax: 1000 })).toBe('MESSAGE_TOO_LARGE')
    expect(answer(bytes, { ...rules, decompressedSizeMax: 1000 })).toBe('NONE')
  })
})

/** Where reading records differs from Kafka's iterator, and why. */
const stricter = new Map([['count-zero', 'bytes after the last record are an error also when there is none']])

describe('the records of a damaged batch', () => {
  const single = negatives.filter(({ kafka }) => kafka.split === 'batches:1' && kafka.iterate !== undefined)
  const current = single.filter(({ hex }) => hex.slice(32, 34) === '02' && hex.length / 2 >= 61)

  it.each(current.map((negative) => [negative.name, negative] as const))(
    '%s: are read or refused as Kafka does',
    (name, negative) => {
      const isRead = negative.kafka.iterate?.startsWith('records:') && !stricter.has(name)
      const read = () => openBatch(vectorBytes(negative), 0, { checkCrc: false }).records()
      if (isRead) expect(`records:${read().length}`).toBe(negative.kafka.iterate)
      else expect(read).toThrow()
    },
  )
})
