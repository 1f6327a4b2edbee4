import { createHash } from 'node:crypto'
import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { plainBatch, randomRecord } from '../../test/plain-batch.ts'
import { damaged } from '../../test/samples.ts'
import { vectorBytes, vectorFile } from '../../test/vector-file.ts'
import { codecById, codecs } from '../compression/index.ts'
import { BatchHeader } from './batch-header.ts'
import { openBatch, openBatchAsync, type RecordBatch } from './decode.ts'
import { BatchBuilder, encodeBatch } from './encode.ts'
import type { RecordView } from './record-view.ts'
import { RecordsError } from './records-error.ts'
import { addSequence } from './sequence.ts'

interface VectorRecord {
  readonly offset: number
  readonly timestamp: number
  readonly sequence?: number
  readonly keyHex: string | null
  readonly valueHex?: string | null
  readonly valueLength?: number
  readonly valueSha256?: string
  readonly headers: [key: string, valueHex: string | null][]
}

interface VectorBatch {
  readonly name: string
  readonly hex?: string
  readonly file?: string
  readonly decoded: Readonly<Record<string, unknown>> & {
    readonly sizeInBytes: number
    readonly records: VectorRecord[]
  }
}

const vectors = vectorFile<VectorBatch[]>('batches/batches.json')

function hex(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('hex')
}

/** A record in the words of its vector. */
function describeRecord(view: RecordView, vector: VectorRecord, batch: RecordBatch) {
  const { value } = view
  const isHashed = vector.valueSha256 !== undefined
  return {
    offset: view.offset,
    timestamp: view.timestamp,
    ...(vector.sequence === undefined ? {} : { sequence: addSequence(batch.baseSequence, view.offsetDelta) }),
    keyHex: hex(view.key),
    ...(isHashed
      ? {
          valueLength: view.valueSize,
          valueSha256: createHash('sha256')
            .update(value as Buffer)
            .digest('hex'),
        }
      : { valueHex: hex(value) }),
    headers: view.headers.map(({ key, value }) => [key, hex(value)]),
  }
}

/** A batch in the words of its vector. */
function describeBatch(batch: RecordBatch, bytes: Buffer, vector: VectorBatch) {
  return {
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    sizeInBytes: batch.size,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    magic: BatchHeader.magic(bytes, 0),
    crc: BatchHeader.crc(bytes, 0),
    attributes: BatchHeader.attributes(bytes, 0),
    codec: codecById(batch.codec)?.name,
    timestampType: batch.timestampType,
    baseTimestamp: batch.baseTimestamp,
    maxTimestamp: batch.maxTimestamp,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    lastSequence: addSequence(batch.baseSequence, batch.lastOffset - batch.baseOffset),
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    deleteHorizonMs: batch.deleteHorizonMs ?? null,
    recordCount: batch.recordCount,
    records: batch
      .records()
      .map((view, index) => describeRecord(view, vector.decoded.records[index] as VectorRecord, batch)),
  }
}

function rebuild(batch: RecordBatch): Buffer {
  const { deleteHorizonMs, logAppendTime } = batch
  const builder = new BatchBuilder(deleteHorizonMs === undefined ? {} : { deleteHorizonMs })
  for (const { key, value, headers, offsetDelta, timestamp } of batch) {
    // The vectors with an append time were produced with other timestamps, which their deltas still hold.
    builder.append({ key, value, headers, offsetDelta, timestamp })
  }
  return builder.build({
    codec: codecById(batch.codec),
    baseOffset: batch.baseOffset,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    logAppendTimeMs: logAppendTime,
    lastOffsetDelta: batch.lastOffset - batch.baseOffset,
    maxTimestamp: batch.maxTimestamp,
  })
}

/** The batch as its producer sent it: without the append time. */
function beforeAppend(bytes: Buffer): Buffer {
  const batch = Buffer.from(bytes)
  batch.writeInt16BE(BatchHeader.attributes(bytes, 0) & ~0x08, 21)
  BatchHeader.seal(batch, 0)
  return batch
}

describe.each(vectors.map((vector) => [vector.name, vector] as const))(
  'the batch %s of Apache Kafka',
  (name, vector) => {
    const bytes = vectorBytes(vector)

    it('is read', async () => {
      expect(describeBatch(openBatch(bytes), bytes, vector)).toEqual(vector.decoded)
      expect(describeBatch(await openBatchAsync(bytes), bytes, vector)).toEqual(vector.decoded)
    })

    it('is written', () => {
      const source = name.endsWith('log-append-time') ? beforeAppend(bytes) : bytes
      const rebuilt = rebuild(openBatch(source))
      if (name.endsWith('log-append-time')) {
        BatchHeader.setLogAppendTime(rebuilt, 0, BatchHeader.maxTimestamp(bytes, 0))
      }
      if (BatchHeader.codec(bytes, 0) === 0) expect(rebuilt.toString('hex')).toBe(bytes.toString('hex'))
      else {
        const { crc, sizeInBytes, ...expected } = vector.decoded
        expect(describeBatch(openBatch(rebuilt), rebuilt, vector)).toMatchObject(expected)
        // Compressed bytes depend on the library; larger ones must not be much larger than Kafka's.
        if (sizeInBytes > 2000) expect(rebuilt.length / sizeInBytes).toBeLessThan(1.02)
      }
    })
  },
)

describe('openBatch', () => {
  const records = [
    {
      timestamp: 5,
      key: 'kéy',
      value: 'välue',
      headers: [
        { key: 'h', value: null },
        { key: '', value: 'x' },
      ],
    },
    { timestamp: 6, key: null, value: null },
  ]

  it('opens a batch in the middle of a buffer', () => {
    const bytes = Buffer.concat([Buffer.alloc(13, 0x80), encodeBatch(records), Buffer.alloc(50, 0x80)])
    const views = openBatch(bytes, 13).records()
    expect(views.map(({ keyText, valueText }) => [keyText, valueText])).toEqual([
      ['kéy', 'välue'],
      [null, null],
    ])
    expect(views[0]?.headers).toEqual([
      { key: 'h', value: null },
      { key: '', value: Buffer.from('x') },
    ])
    expect(views[0]?.headers).toBe(views[0]?.headers)
    expect(views[1]?.headers).toEqual([])
  })

  it('gives views of the buffer, and copies when they are detached', () => {
    const bytes = encodeBatch(records, { baseOffset: 40 })
    const view = openBatch(bytes).records()[0] as RecordView
    const copy = view.detach()
    const facts = ({ key, value, headers, offset, timestamp, keyText }: RecordView) => ({
      key,
      value,
      headers,
      offset,
      timestamp,
      keyText,
    })
    expect(facts(copy)).toEqual(facts(view))
    expect(copy.content.equals(view.content)).toBe(true)
    expect(copy.value?.buffer.byteLength).toBe(copy.content.length)
    bytes.fill(0x2a, 61)
    expect(view.valueText).toBe('******')
    expect(copy.valueText).toBe('välue')
    expect(copy.detach().keyText).toBe('kéy')
  })

  it('walks over the records without views', () => {
    const bytes = encodeBatch(records, { baseOffset: 40 })
    const seen: unknown[] = []
    for (const cursor = openBatch(bytes).cursor(); cursor.next(); ) {
      seen.push([cursor.offset, cursor.timestamp, cursor.keySize, cursor.valueSize, cursor.headerCount])
    }
    expect(seen).toEqual([
      [40, 5, 4, 6, 2],
      [41, 6, -1, -1, 0],
    ])
  })

  it('reads what it writes, whatever the records', () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed)
      const inputs = Array.from({ length: 20 }, () => randomRecord(random))
      const codec = codecs[seed % codecs.length]
      const views = openBatch(encodeBatch(inputs, { codec, baseOffset: seed })).records()
      const text = (bytes: Uint8Array | string | null) =>
        bytes === null ? null : Buffer.from(bytes as string).toString('hex')
      views.forEach((view, index) => {
        const input = inputs[index] as (typeof inputs)[0]
        expect([view.offset, view.timestamp], `seed ${seed}`).toEqual([seed + index, input.timestamp])
        expect([hex(view.key), hex(view.value)], `seed ${seed}`).toEqual([text(input.key), text(input.value)])
        expect(
          view.headers.map(({ key, value }) => [Buffer.from(key).toString('hex'), hex(value)]),
          `seed ${seed}`,
        ).toEqual(input.headers?.map(({ key, value }) => [text(key), text(value)]))
      })
      expect(views).toHaveLength(inputs.length)
    }
  })

  it('compares the checksum unless told not to', () => {
    const bytes = encodeBatch(records)
    bytes[17] = (bytes[17] as number) ^ 1
    expect(() => openBatch(bytes)).toThrow(expect.objectContaining({ code: 'corrupt', errorCode: 2 }))
    expect(openBatch(bytes, 0, { checkCrc: false }).records()).toHaveLength(2)
  })

  it('refuses a batch that is cut', () => {
    const bytes = encodeBatch(records)
    expect(() => openBatch(bytes.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'truncated' }))
    expect(() => openBatch(Buffer.alloc(0))).toThrow(expect.objectContaining({ code: 'truncated' }))
  })

  it.each(codecs.filter(({ id }) => id !== 0).map((codec) => [codec.name, codec] as const))(
    'limits what %s decompresses to',
    async (_, codec) => {
      const bytes = encodeBatch([{ timestamp: 0, key: null, value: Buffer.alloc(100_000) }], { codec })
      const tooLarge = expect.objectContaining({ code: 'too-large', errorCode: 10 })
      expect(() => openBatch(bytes, 0, { decompressedSizeMax: 100_000 })).toThrow(tooLarge)
      await expect(openBatchAsync(bytes, 0, { decompressedSizeMax: 100_000 })).rejects.toEqual(tooLarge)
      expect(openBatch(bytes, 0, { decompressedSizeMax: 100_100 }).records()).toHaveLength(1)
    },
  )

  it('does not believe a record count that the bytes cannot hold', () => {
    for (const codec of codecs) {
      const bytes = encodeBatch(records, { codec })
      bytes.writeInt32BE(0x7fff_ffff, 57)
      BatchHeader.seal(bytes, 0)
      expect(() => openBatch(bytes).records()).toThrow(RecordsError)
      bytes.writeInt32BE(-1, 57)
      BatchHeader.seal(bytes, 0)
      expect(() => openBatch(bytes)).toThrow(expect.objectContaining({ code: 'invalid-batch' }))
    }
  })

  it('gives the nearest timestamp beyond 2^53', () => {
    const bytes = encodeBatch([{ timestamp: 3, key: null, value: null }])
    bytes.writeBigInt64BE(2n ** 62n, 27)
    BatchHeader.seal(bytes, 0)
    expect(openBatch(bytes).records()[0]?.timestamp).toBe(2 ** 62)
  })

  it('fails in one way only on damaged batches with the right checksum', () => {
    const random = seededRandom(20)
    const headers = [
      { key: 'first', value: 'one' },
      { key: '', value: null },
    ]
    const inputs = Array.from({ length: 4 }, (_, index) => ({
      timestamp: index,
      key: 'some key',
      value: 'value',
      headers,
    }))
    const originals = codecs.map((codec) => encodeBatch(inputs, { codec }))
    originals.push(plainBatch([{ timestamp: 2 ** 40, key: null, value: random.bytes(200) }]))
    for (let round = 0; round < 6000; round++) {
      const bytes = damaged(random, originals[round % originals.length] as Buffer)
      if (bytes.length < 61) continue
      bytes.writeInt32BE(bytes.length - 12, 8)
      bytes[16] = 2
      BatchHeader.seal(bytes, 0)
      try {
        for (const view of openBatch(bytes, 0, { decompressedSizeMax: 1_000_000 }))
          void [view.key, view.value, view.headers]
      } catch (error) {
        if (!(error instanceof RecordsError))
          throw new Error(`round ${round}: ${bytes.toString('hex')}`, { cause: error })
      }
    }
  })
})
