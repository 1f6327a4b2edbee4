import { randomBelow, seededRandom, sha256 } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { hashKey } from './key-hash.ts'
import { OffsetMap, offsetMapBytesMin } from './offset-map.ts'

function newMap(sizeMax = 1 << 20, digest: (bytes: Uint8Array) => Uint8Array = sha256): OffsetMap {
  return new OffsetMap({ sizeMax, digest, seed: 12345 })
}

describe('OffsetMap', () => {
  it('holds the last offset of every key, as a Map does', () => {
    const random = seededRandom(1)
    const map = newMap()
    const plain = new Map<string, number>()
    for (let offset = 2 ** 33; offset < 2 ** 33 + 20_000; offset++) {
      const key = random.bytes(randomBelow(random, 3))
      expect(map.put(key, offset)).toBe(true)
      plain.set(key.toString('hex'), offset)
    }
    expect(map.size).toBe(plain.size)
    for (const [hex, offset] of plain) expect(map.get(Buffer.from(hex, 'hex'))).toBe(offset)
    expect(map.get(Buffer.from('never there'))).toBe(-1)
    expect(newMap().get(Buffer.alloc(0))).toBe(-1)
  })

  it('never takes two keys for one another, however long', () => {
    const map = newMap()
    const keys = Array.from({ length: 2000 }, (_, index) => Buffer.from(`key ${index}`.padEnd(index % 300, '.')))
    for (const [offset, key] of keys.entries()) map.put(key, offset)
    for (const [offset, key] of keys.entries()) expect(map.get(key)).toBe(offset)
    // A short key that reads like the digest of a long one.
    const long = Buffer.alloc(129, 1)
    map.put(long, 7)
    expect(map.get(sha256(long))).toBe(-1)
    map.put(sha256(long), 8)
    expect([map.get(long), map.get(sha256(long))]).toEqual([7, 8])
  })

  it('stays within its memory, and knows what it holds when that is used up', () => {
    for (const [sizeMax, keySize] of [
      [offsetMapBytesMin, 8],
      [1 << 14, 100],
      [1 << 16, 4],
      [1 << 18, 128],
    ] as const) {
      const map = newMap(sizeMax)
      const key = (index: number) => Buffer.alloc(keySize, index.toString().padStart(4, '0'))
      let count = 0
      while (map.put(key(count), count)) {
        count++
        expect(map.memoryBytes).toBeLessThanOrEqual(sizeMax)
      }
      expect(map.size).toBe(count)
      // At least a third of the memory is keys and offsets.
      expect(count * (keySize + 8)).toBeGreaterThan(sizeMax / 3)
      expect(map.get(key(count))).toBe(-1)
      // Keys that are there can still move.
      expect(map.put(key(0), 99)).toBe(true)
      expect(map.get(key(0))).toBe(99)
      for (let index = 1; index < count; index++) expect(map.get(key(index))).toBe(index)
    }
  })

  it('knows up to where it is complete', () => {
    const map = newMap()
    expect(map.latestOffset).toBe(-1)
    map.advanceTo(5)
    map.advanceTo(3)
    expect(map.latestOffset).toBe(5)
  })
})

describe('hashKey', () => {
  it('is MurmurHash3', () => {
    // Published test values.
    expect(hashKey(Buffer.from(''), 0)).toBe(0)
    expect(hashKey(Buffer.from(''), 1)).toBe(0x514e28b7)
    expect(hashKey(Buffer.from('test'), 0x9747b28c)).toBe(0x704b81dc)
    expect(hashKey(Buffer.from('Hello, world!'), 0x9747b28c)).toBe(0x24884cba)
  })
})
