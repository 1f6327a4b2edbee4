import { seededRandom } from '@millrace/base'
import { compressFrameSync, compressSync, decompressFrameSync, uncompressSync } from 'lz4-napi'
import { describe, expect, it } from 'vitest'
import { samples, wordySample } from '../../test/samples.ts'
import { xxh32 } from '../hash/xxh32.ts'
import { lz4 } from './lz4.ts'
import { compressLz4Block, decompressLz4Block, lz4CompressedSizeMax } from './lz4-block.ts'
import { compressLz4BlockHigh } from './lz4-high.ts'

const magic = '04224d18'

/** A frame of a descriptor (without its checksum) and what follows. */
function frame(descriptor: string, ...rest: string[]): Buffer {
  const bytes = Buffer.from(descriptor, 'hex')
  const checksum = Buffer.of((xxh32(bytes) >>> 8) & 0xff)
  return Buffer.concat([
    Buffer.from(magic, 'hex'),
    bytes,
    checksum,
    Buffer.from(rest.join('').replaceAll(' ', ''), 'hex'),
  ])
}

function littleEndian(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes.toString('hex')
}

const end = '00000000'
const storedAbc = '03000080 616263'

describe('lz4', () => {
  it('writes the frame that the Java client writes: independent blocks of 64 KB, no checksums but the header', () => {
    const stream = lz4.compress(wordySample(seededRandom(1), 70_000))
    expect(stream.toString('hex', 0, 7)).toBe('04224d18604082')
    expect(stream.readUInt32LE(stream.length - 4)).toBe(0)
    expect(lz4.compress(Buffer.alloc(0)).toString('hex')).toBe(`04224d18604082${end}`)
  })

  it('stores a block that does not compress', () => {
    const noise = seededRandom(2).bytes(1000)
    const stream = lz4.compress(noise)
    expect(stream.readUInt32LE(7)).toBe(0x8000_0000 + 1000)
    expect(stream.subarray(11, 1011).equals(noise)).toBe(true)
  })

  it('writes frames that the reference implementation reads, at every level', () => {
    for (const level of [1, 4, 9, 12]) {
      for (const [name, bytes] of samples(seededRandom(3))) {
        expect(decompressFrameSync(lz4.compress(bytes, level)).equals(bytes), `${name}, level ${level}`).toBe(true)
      }
    }
  })

  it('reads frames of the reference implementation, with and without checksums', () => {
    const options = [
      {},
      { contentChecksum: true },
      { blockChecksums: true },
      { contentChecksum: true, blockChecksums: true },
    ]
    for (const option of options) {
      for (const [name, bytes] of samples(seededRandom(4))) {
        expect(lz4.decompress(compressFrameSync(bytes, option), bytes.length).equals(bytes), name).toBe(true)
      }
    }
  })

  it('reads and writes blocks as the reference implementation does', () => {
    for (const [name, bytes] of samples(seededRandom(5))) {
      if (bytes.length === 0 || bytes.length > 65536) continue
      // The reference puts the size of the content before the block.
      const theirs = compressSync(bytes).subarray(4)
      const content = Buffer.alloc(bytes.length)
      expect(decompressLz4Block(theirs, 0, theirs.length, content, 0, content.length, 0), name).toBe(bytes.length)
      expect(content.equals(bytes), name).toBe(true)
      for (const encode of [compressLz4Block, compressLz4BlockHigh]) {
        const ours = Buffer.alloc(4 + lz4CompressedSizeMax(bytes.length))
        ours.writeUInt32LE(bytes.length)
        const size = encode(bytes, 0, bytes.length, ours, 4, 64)
        expect(uncompressSync(ours.subarray(0, size)).equals(bytes), name).toBe(true)
      }
    }
  })

  it('compresses better at higher levels', () => {
    const bytes = wordySample(seededRandom(6), 60_000)
    const sizes = [9, 1, 4, 8, 12].map((level) => lz4.compress(bytes, level).length)
    expect(sizes.toSorted((a, b) => b - a)).toEqual(sizes)
  })

  it('reads dependent blocks, which repeat what is in the block before', () => {
    const match = '06000000 00 0300 20 2121'
    const dependent = frame('4040', storedAbc, match, end)
    expect(lz4.decompress(dependent, 100).toString()).toBe('abcabca!!')
    const independent = frame('6040', storedAbc, match, end)
    expect(() => lz4.decompress(independent, 100)).toThrow(expect.objectContaining({ code: 'corrupt' }))
  })

  it('reads a content size and ignores what follows the end mark', () => {
    expect(lz4.decompress(frame('68400300000000000000', storedAbc, end, 'ffff'), 3).toString()).toBe('abc')
  })

  const abcSum = littleEndian(xxh32(Buffer.from('abc')))
  it.each([
    ['another magic', Buffer.from('14224d18604082', 'hex'), 'corrupt'],
    ['a wrong header checksum', Buffer.from('04224d18604083', 'hex'), 'corrupt'],
    ['an unknown version', frame('a040', storedAbc, end), 'unsupported'],
    ['a dictionary', frame('614000000000', storedAbc, end), 'unsupported'],
    ['an unknown block size', frame('6030', storedAbc, end), 'corrupt'],
    ['a block without end mark', frame('6040', storedAbc), 'corrupt'],
    ['a block beyond the frame', frame('6040', '04000080 616263'), 'corrupt'],
    ['a block larger than the block size', frame('6040', '01000180', '00'.repeat(65537), end), 'corrupt'],
    ['another content size', frame('68400400000000000000', storedAbc, end), 'corrupt'],
    ['a content size beyond the limit', frame('6840ffffffffffff0000', storedAbc, end), 'too-large'],
    ['a wrong block checksum', frame('7040', storedAbc, '00000000', end), 'corrupt'],
    ['a wrong content checksum', frame('6440', storedAbc, end, '00000000'), 'corrupt'],
    ['a content checksum that is cut', frame('6440', storedAbc, end, abcSum.slice(2)), 'corrupt'],
    ['a distance of zero', frame('6040', '06000000 10 61 0000 1061', end), 'corrupt'],
    ['a distance before the beginning', frame('6040', '06000000 10 61 0200 1061', end), 'corrupt'],
    ['literals beyond the block', frame('6040', '02000000 20 61', end), 'corrupt'],
    ['a literal count that is cut', frame('6040', '02000000 f0 ff', end), 'corrupt'],
    ['a match size that is cut', frame('6040', '04000000 1f 61 0100', end), 'corrupt'],
    ['a block that ends with a match', frame('6040', '04000000 10 61 0100', end), 'corrupt'],
  ])('refuses %s', (_, bytes, code) => {
    expect(() => lz4.decompress(bytes, 1_000_000)).toThrow(expect.objectContaining({ code }))
  })

  it('verifies the checksums of blocks and content', () => {
    expect(lz4.decompress(frame('7440', storedAbc, abcSum, end, abcSum), 3).toString()).toBe('abc')
  })

  it('refuses a block that holds more than the frame allows', () => {
    const block = Buffer.alloc(lz4CompressedSizeMax(65536) + 10)
    const zeros = Buffer.alloc(65536)
    const size = compressLz4Block(zeros, 0, zeros.length, block, 0)
    // One more byte of the long match.
    block[size - 7] = (block[size - 7] as number) + 1
    const bytes = frame('6040', littleEndian(size), block.toString('hex', 0, size), end)
    expect(() => lz4.decompress(bytes, 1_000_000)).toThrow(expect.objectContaining({ code: 'corrupt' }))
  })
})
