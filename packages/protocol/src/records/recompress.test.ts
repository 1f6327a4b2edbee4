import { describe, expect, it } from 'vitest'
import { vectorBytes, vectorFile } from '../../test/vector-file.ts'
import { codecByName, codecs } from '../compression/index.ts'
import { BatchHeader } from './batch-header.ts'
import { openBatch } from './decode.ts'
import { recompressBatch, recompressBatchAsync } from './recompress.ts'

const vectors = vectorFile<{ name: string; hex?: string; file?: string }[]>('batches/batches.json')

function batchNamed(name: string): Buffer {
  return vectorBytes(vectors.find((vector) => vector.name === name) ?? {})
}

describe('recompressBatch', () => {
  it('changes codec, size and checksum, and nothing else', async () => {
    for (const from of codecs) {
      for (const to of codecs) {
        for (const suffix of ['multi-block', 'transactional', 'delete-horizon', 'compacted-gaps']) {
          const bytes = batchNamed(`${from.name}-${suffix}`)
          const padded = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(3)])
          for (const result of [recompressBatch(padded, 3, to), await recompressBatchAsync(padded, 3, to)]) {
            expect(BatchHeader.codec(result, 0)).toBe(to.id)
            expect(BatchHeader.attributes(result, 0) & ~7).toBe(BatchHeader.attributes(bytes, 0) & ~7)
            expect(openBatch(result).recordBytes.equals(openBatch(bytes).recordBytes)).toBe(true)
            for (const [start, end] of [
              [0, 8],
              [12, 17],
              [23, 61],
            ] as const) {
              expect(result.subarray(start, end).equals(bytes.subarray(start, end))).toBe(true)
            }
          }
        }
      }
    }
  })

  it('leaves control batches, empty batches and batches with that codec as they are', () => {
    const gzip = codecByName('gzip')
    for (const name of ['none-control-commit', 'empty-after-compaction', 'gzip-plain']) {
      const bytes = batchNamed(name)
      expect(recompressBatch(bytes, 0, gzip).equals(bytes), name).toBe(true)
    }
  })

  it('limits what is decompressed', () => {
    const options = { decompressedSizeMax: 1000 }
    expect(() => recompressBatch(batchNamed('gzip-multi-block'), 0, codecByName('lz4'), options)).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    )
  })
})
