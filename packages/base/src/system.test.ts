import { describe, expect, it } from 'vitest'
import { sha256 } from './system.ts'

describe('sha256', () => {
  it('is the digest of FIPS 180-4', () => {
    expect(sha256(Buffer.from('abc')).toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
    expect(sha256(Buffer.alloc(0))).toHaveLength(32)
  })
})
