import { describe, expect, it } from 'vitest'
import { vectorBytes, vectorFile } from '../../test/vector-file.ts'
import { BatchHeader } from './batch-header.ts'
import { encodeBatch } from './encode.ts'
import { batchSizeAt, forEachBatch } from './split.ts'

interface Sequence {
  readonly name: string
  readonly hex: string
  readonly legacy?: boolean
  readonly decodedBatches: { baseOffset: number; lastOffset: number; sizeInBytes: number }[]
}

const sequences = vectorFile<Sequence[]>('batches/sequences.json')
const one = encodeBatch([{ timestamp: 5, key: 'k', value: 'v' }])

function sizes(bytes: Buffer, start = 0, end = bytes.length): { found: number[]; end: number } {
  const found: number[] = []
  return { found, end: forEachBatch(bytes, start, end, (_, size) => found.push(size)) }
}

describe('forEachBatch', () => {
  it('finds the batches of a fetch response and leaves the cut one at its end', () => {
    const sequence = sequences.find(({ legacy }) => !legacy)
    const bytes = vectorBytes(sequence as Sequence)
    const found: Sequence['decodedBatches'] = []
    const end = forEachBatch(bytes, 0, bytes.length, (position, size) => {
      const baseOffset = BatchHeader.baseOffset(bytes, position)
      found.push({ baseOffset, lastOffset: BatchHeader.lastOffset(bytes, position), sizeInBytes: size })
    })
    const expected = sequence?.decodedBatches.map(({ baseOffset, lastOffset, sizeInBytes }) => ({
      baseOffset,
      lastOffset,
      sizeInBytes,
    }))
    expect(found).toEqual(expected)
    expect(end).toBeLessThan(bytes.length)
    expect(end).toBe(found.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0))
  })

  it.each(sequences.filter(({ legacy }) => legacy).map((sequence) => [sequence.name, sequence] as const))(
    'recognises and refuses %s',
    (_, sequence) => {
      expect(() => sizes(vectorBytes(sequence))).toThrow(
        expect.objectContaining({
          code: 'unsupported-magic',
          errorCode: 87,
          message: expect.stringContaining('before Kafka 0.11'),
        }),
      )
    },
  )

  it('stays between start and end', () => {
    const bytes = Buffer.concat([Buffer.alloc(9, 0xff), one, one, one])
    expect(sizes(bytes, 9)).toEqual({ found: [one.length, one.length, one.length], end: bytes.length })
    expect(sizes(bytes, 9, bytes.length - 1)).toEqual({
      found: [one.length, one.length],
      end: bytes.length - one.length,
    })
    expect(sizes(bytes, 9, 9)).toEqual({ found: [], end: 9 })
  })
})

describe('batchSizeAt', () => {
  it('is 0 for every part of a batch', () => {
    for (let end = 0; end < one.length; end++) expect(batchSizeAt(one, 0, end), `${end} bytes`).toBe(0)
    expect(batchSizeAt(one, 0, one.length)).toBe(one.length)
  })

  it('refuses sizes that no batch has', () => {
    for (const length of [-0x8000_0000, -1, 0, 13, 14, 48]) {
      const bytes = Buffer.from(one)
      bytes.writeInt32BE(length, 8)
      expect(() => batchSizeAt(bytes, 0, bytes.length), `${length}`).toThrow(
        expect.objectContaining({ code: 'corrupt' }),
      )
    }
  })

  it('takes the largest size as a cut batch', () => {
    const bytes = Buffer.from(one)
    bytes.writeInt32BE(0x7fff_ffff, 8)
    expect(batchSizeAt(bytes, 0, bytes.length)).toBe(0)
  })

  it('refuses a magic that nobody knows, and says where', () => {
    const bytes = Buffer.concat([one, one])
    bytes[one.length + 16] = 3
    expect(() => sizes(bytes)).toThrow(expect.objectContaining({ code: 'corrupt', position: one.length, errorCode: 2 }))
  })
})
