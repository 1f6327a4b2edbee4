/** What every codec has to keep. */
import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { damaged, patchySample, samples, wordySample } from '../../test/samples.ts'
import { CompressionError, isCompressionLevel } from './codec.ts'
import { codecById, codecByName, codecs } from './index.ts'

describe('codecs', () => {
  it('have the ids and names that Kafka gives them', () => {
    expect(codecs.map(({ id, name }) => [id, name])).toEqual([
      [0, 'none'],
      [1, 'gzip'],
      [2, 'snappy'],
      [3, 'lz4'],
      [4, 'zstd'],
    ])
    for (const codec of codecs) {
      expect(codecById(codec.id)).toBe(codec)
      expect(codecByName(codec.name)).toBe(codec)
    }
    for (const id of [-1, 5, 6, 7]) expect(codecById(id)).toBeUndefined()
    for (const name of ['producer', 'uncompressed', '']) expect(codecByName(name)).toBeUndefined()
  })
})

function codeOf(action: () => unknown): string {
  try {
    action()
    return 'no error'
  } catch (error) {
    return error instanceof CompressionError ? error.code : String(error)
  }
}

describe.each(codecs.map((codec) => [codec.name, codec] as const))('%s', (name, codec) => {
  it('gives back what it was given', () => {
    for (const [sample, bytes] of samples(seededRandom(1))) {
      const compressed = codec.compress(bytes)
      expect(codec.decompress(compressed, bytes.length).equals(bytes), sample).toBe(true)
    }
  })

  it('does the same asynchronously', async () => {
    for (const size of [0, 1, 5000, 200_000]) {
      const bytes = wordySample(seededRandom(size), size)
      const compressed = await codec.compressAsync(bytes)
      expect(codec.decompress(compressed, size).equals(bytes)).toBe(true)
      expect((await codec.decompressAsync(codec.compress(bytes), size)).equals(bytes)).toBe(true)
    }
  })

  it('works on a view in the middle of a buffer', () => {
    const whole = patchySample(seededRandom(2), 10_000)
    const compressed = codec.compress(whole.subarray(1000, 9000))
    const padded = Buffer.concat([Buffer.alloc(7, 0xff), compressed, Buffer.alloc(9, 0xff)])
    const content = codec.decompress(padded.subarray(7, 7 + compressed.length), 8000)
    expect(content.equals(whole.subarray(1000, 9000))).toBe(true)
  })

  it('gives back no more than allowed', async () => {
    for (const size of [1, 100, 70_000, 8_000_000]) {
      const compressed = codec.compress(Buffer.alloc(size))
      expect(codec.decompress(compressed, size)).toHaveLength(size)
      for (const sizeMax of [0, size >> 1, size - 1]) {
        expect(
          codeOf(() => codec.decompress(compressed, sizeMax)),
          `${sizeMax} of ${size}`,
        ).toBe('too-large')
      }
      await expect(codec.decompressAsync(compressed, size - 1)).rejects.toMatchObject({
        code: 'too-large',
        codec: name,
      })
    }
  })

  it('takes every level that Kafka accepts, and no other', () => {
    const bytes = wordySample(seededRandom(3), 20_000)
    const { min, max, default: fallback } = codec.levels
    const levels = new Set([min, max, fallback, Math.max(min, -5), Math.min(max, 1), (min + max) >> 1])
    for (const level of levels) {
      expect(isCompressionLevel(codec, level)).toBe(true)
      expect(codec.decompress(codec.compress(bytes, level), bytes.length).equals(bytes), `level ${level}`).toBe(true)
    }
    for (const level of [min - 3, max + 1, 0.5, Number.NaN]) {
      expect(isCompressionLevel(codec, level)).toBe(false)
      expect(
        codeOf(() => codec.compress(bytes, level)),
        `level ${level}`,
      ).toBe('invalid-level')
    }
  })

  it('rejects a level that does not exist asynchronously', async () => {
    await expect(codec.compressAsync(Buffer.from('a'), 1000)).rejects.toMatchObject({ code: 'invalid-level' })
  })

  it('fails in one way only on damaged input, and stays within the limit', () => {
    const random = seededRandom(5)
    const originals = [wordySample(random, 300), patchySample(random, 900), Buffer.alloc(400), Buffer.alloc(0)]
    const compressed = originals.map((bytes) => codec.compress(bytes))
    const sizeMax = 2000
    for (let round = 0; round < 4000; round++) {
      const input = damaged(random, compressed[round % compressed.length] as Buffer)
      try {
        expect(codec.decompress(input, sizeMax).length).toBeLessThanOrEqual(sizeMax)
      } catch (error) {
        if (!(error instanceof CompressionError))
          throw new Error(`round ${round}: ${input.toString('hex')}`, { cause: error })
      }
    }
  })

  it('fails in one way only on noise', () => {
    const random = seededRandom(6)
    for (let round = 0; round < 1000; round++) {
      const input = random.bytes(round % 50)
      const code = codeOf(() => codec.decompress(input, 1000))
      expect(['no error', 'corrupt', 'too-large', 'unsupported'], input.toString('hex')).toContain(code)
    }
  })
})

describe.each(codecs.filter(({ id }) => id !== 0).map((codec) => [codec.name, codec] as const))('%s', (name, codec) => {
  it('notices a cut at any byte', () => {
    const bytes = wordySample(seededRandom(4), 600)
    const compressed = codec.compress(bytes)
    for (let size = 0; size < compressed.length; size++) {
      // A xerial stream has no end mark: cut after its header it is an empty one.
      if (name === 'snappy' && size === 16) continue
      expect(
        codeOf(() => codec.decompress(compressed.subarray(0, size), 10_000)),
        `${size} bytes`,
      ).toBe('corrupt')
    }
  })
})
