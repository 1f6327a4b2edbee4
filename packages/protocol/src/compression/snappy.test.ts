import { seededRandom } from '@millrace/base'
import { compressSync, uncompressSync } from 'snappy'
import { describe, expect, it } from 'vitest'
import { samples, wordySample } from '../../test/samples.ts'
import { snappy } from './snappy.ts'

const xerialHeader = '82534e41505059000000000100000001'

/** The raw blocks of a xerial stream. */
function blocksOf(stream: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  for (let position = 16; position < stream.length; ) {
    const size = stream.readInt32BE(position)
    blocks.push(stream.subarray(position + 4, position + 4 + size))
    position += 4 + size
  }
  return blocks
}

function raw(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

describe('snappy', () => {
  it('writes the framing of the Java client, in blocks of 32 KiB', () => {
    const bytes = wordySample(seededRandom(1), 70_000)
    const stream = snappy.compress(bytes)
    expect(stream.toString('hex', 0, 16)).toBe(xerialHeader)
    expect(blocksOf(stream).map((block) => uncompressSync(block).length)).toEqual([32768, 32768, 4464])
  })

  it('writes blocks that the reference implementation reads', () => {
    for (const [name, bytes] of samples(seededRandom(2))) {
      const content = Buffer.concat(blocksOf(snappy.compress(bytes)).map((block) => uncompressSync(block) as Buffer))
      expect(content.equals(bytes), name).toBe(true)
    }
  })

  it('reads raw blocks, as the reference implementation and librdkafka write them', () => {
    for (const [name, bytes] of samples(seededRandom(3))) {
      expect(snappy.decompress(compressSync(bytes), bytes.length).equals(bytes), name).toBe(true)
    }
  })

  it('reads every kind of element', () => {
    const cases: [string, string][] = [
      ['03 08 616263', 'abc'],
      ['06 08 616263 0a0300', 'abcabc'],
      ['07 08 616263 01 03', 'abcabca'],
      ['06 08 616263 0b 03000000', 'abcabc'],
      ['03 f0 02 616263', 'abc'],
      ['03 f4 0200 616263', 'abc'],
      ['03 f8 020000 616263', 'abc'],
      ['03 fc 02000000 616263', 'abc'],
      ['00', ''],
    ]
    for (const [hex, text] of cases) expect(snappy.decompress(raw(hex), 100).toString(), hex).toBe(text)
  })

  it.each([
    ['a match before the beginning', '07 08 616263 01 04'],
    ['a match with itself', '07 08 616263 01 00'],
    ['a match beyond the announced size', '06 08 616263 01 03'],
    ['literals beyond the announced size', '02 08 616263'],
    ['literals beyond the block', '05 10 616263'],
    ['fewer bytes than announced', '04 08 616263'],
    ['a literal size that is cut', '03 f4 02'],
    ['a distance that is cut', '07 08 616263 02 03'],
    ['a size that is cut', '83'],
    ['a size of six bytes', '808080808001'],
    ['a size that the block cannot hold', 'ffffffff0f 08 616263'],
    ['a framed block that is cut', `${xerialHeader} 00000005 03 08 6162`],
    ['a framed size that is cut', `${xerialHeader} 000000`],
    ['a negative framed size', `${xerialHeader} ffffffff 03 08 616263`],
  ])('refuses %s', (_, hex) => {
    expect(() => snappy.decompress(raw(hex), 2 ** 31)).toThrow(expect.objectContaining({ code: 'corrupt' }))
  })

  it('refuses too much content before it makes room for it', () => {
    const bomb = Buffer.concat([Buffer.from(xerialHeader, 'hex'), ...Array(3).fill(blockOf(60_000))])
    expect(() => snappy.decompress(bomb, 150_000)).toThrow(expect.objectContaining({ code: 'too-large' }))
    expect(snappy.decompress(bomb, 180_000)).toHaveLength(180_000)
  })
})

/** A framed block of zeros. */
function blockOf(size: number): Buffer {
  const block = compressSync(Buffer.alloc(size))
  const framed = Buffer.alloc(4 + block.length)
  framed.writeInt32BE(block.length)
  block.copy(framed, 4)
  return framed
}
