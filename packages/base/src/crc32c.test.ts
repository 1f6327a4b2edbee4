import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { crc32c, crc32cPortable, useNativeCrc32c } from './crc32c.ts'
import { seededRandom } from './random.ts'

const vectors: { hex: string; crc32c: number }[] = JSON.parse(
  readFileSync(new URL('../test/vectors/crc.json', import.meta.url), 'utf8'),
)

describe('crc32c', () => {
  afterEach(() => void useNativeCrc32c((bytes) => crc32cPortable(bytes)))

  it('equals what Apache Kafka computes', () => {
    for (const { hex, crc32c: expected } of vectors) expect(crc32cPortable(Buffer.from(hex, 'hex'))).toBe(expected)
    expect(vectors.length).toBeGreaterThan(10)
  })

  it('continues over pieces and honours start and end', () => {
    const bytes = seededRandom(1).bytes(5000)
    const whole = crc32cPortable(bytes)
    for (const cut of [0, 1, 7, 8, 9, 4095, 5000]) {
      expect(crc32cPortable(bytes, cut, bytes.length, crc32cPortable(bytes, 0, cut))).toBe(whole)
    }
    expect(crc32c(bytes, 3, 900)).toBe(crc32cPortable(bytes.subarray(3, 900)))
  })

  it('refuses a native implementation that computes something else', () => {
    expect(useNativeCrc32c(() => 7)).toBe(false)
    const bytes = seededRandom(2).bytes(2048)
    expect(crc32c(bytes)).toBe(crc32cPortable(bytes))
  })

  it('hands large inputs to a native implementation that agrees', () => {
    const sizes: number[] = []
    const accepted = useNativeCrc32c((bytes) => {
      sizes.push(bytes.length)
      return crc32cPortable(bytes)
    })
    expect(accepted).toBe(true)
    const bytes = seededRandom(3).bytes(2048)
    expect(crc32c(bytes, 1)).toBe(crc32cPortable(bytes, 1))
    crc32c(bytes, 0, 100)
    expect(sizes).toEqual([1021, 2047])
  })
})
