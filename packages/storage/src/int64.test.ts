import { describe, expect, it } from 'vitest'
import { readInt64, writeInt64 } from './int64.ts'

describe('int64', () => {
  it('keeps every safe integer', () => {
    const bytes = Buffer.alloc(8)
    for (const value of [
      0,
      1,
      -1,
      2 ** 31,
      2 ** 32,
      -(2 ** 32),
      -(2 ** 32) - 1,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ]) {
      writeInt64(bytes, value, 0)
      expect(bytes.readBigInt64BE(0)).toBe(BigInt(value))
      expect(readInt64(bytes, 0)).toBe(value)
    }
  })

  it('clamps what is beyond 64 bits', () => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(0x7fff_ffff_ffff_ffffn)
    writeInt64(bytes, readInt64(bytes, 0), 0)
    expect(bytes.readBigInt64BE(0)).toBe(0x7fff_ffff_ffff_ffffn)
    writeInt64(bytes, -Infinity, 0)
    expect(bytes.readBigInt64BE(0)).toBe(-0x8000_0000_0000_0000n)
    writeInt64(bytes, 2 ** 60, 0)
    expect(bytes.readBigInt64BE(0)).toBe(2n ** 60n)
  })
})
