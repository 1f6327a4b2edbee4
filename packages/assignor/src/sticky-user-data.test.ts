import { randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { decodeStickyUserData, encodeStickyUserData } from './sticky-user-data.ts'

const assigned = new Map([
  ['orders', [0, 7]],
  ['é', [2_147_483_647]],
  ['none', []],
])
const bytes = encodeStickyUserData({ assigned, generationId: 5 })

describe('user data of a sticky subscription', () => {
  it('reads what it writes', () => {
    expect(decodeStickyUserData(bytes)).toEqual({ assigned, generationId: 5 })
  })

  it('puts topics in order, so that the same assignment gives the same bytes', () => {
    const reversed = new Map([...assigned].reverse())
    expect(encodeStickyUserData({ assigned: reversed, generationId: 5 })).toEqual(bytes)
  })

  it('reads version 0, which has no generation', () => {
    expect(decodeStickyUserData(bytes.subarray(0, -4))).toEqual({ assigned, generationId: -1 })
  })

  it('leaves alone what follows', () => {
    expect(decodeStickyUserData(Buffer.concat([bytes, Buffer.from('more')]))).toEqual({ assigned, generationId: 5 })
  })

  it('takes a topic that comes twice as one', () => {
    const twice = Buffer.from('000000020001610000000100000003000161000000010000000100000001', 'hex')
    expect(decodeStickyUserData(twice)?.assigned).toEqual(new Map([['a', [1, 3]]]))
  })

  it('leaves out a topic whose name no topic can have', () => {
    const named = (length: number) =>
      encodeStickyUserData({ assigned: new Map([['x'.repeat(length), [1]]]), generationId: 1 })
    expect(named(32_768).toString('hex')).toBe('0000000000000001')
    expect(decodeStickyUserData(named(32_767))?.assigned.size).toBe(1)
  })

  it('gives nothing for bytes cut off anywhere before the generation', () => {
    for (let size = 0; size < bytes.length - 4; size++) {
      expect(decodeStickyUserData(bytes.subarray(0, size)), `${size} bytes`).toBeUndefined()
    }
  })

  it.each([
    ['a topic count that does not fit', '7fffffff00016100000000'],
    ['a negative topic count', 'ffffffff'],
    ['a partition count that does not fit', '000000010001617fffffff00000000'],
    ['a negative partition count', '00000001000161ffffffff'],
    ['a negative name length', '00000001ffff0000000000000001'],
    ['a name length that does not fit', '000000017fff61626364656667'],
  ])('gives nothing for %s', (_, hex) => {
    expect(decodeStickyUserData(Buffer.from(hex, 'hex'))).toBeUndefined()
  })

  it('survives random damage', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = seededRandom(seed)
      const damaged = Buffer.from(bytes)
      for (let left = 1 + randomBelow(random, 4); left > 0; left--) {
        damaged[randomBelow(random, damaged.length)] = randomBelow(random, 256)
      }
      const count = [...(decodeStickyUserData(damaged)?.assigned.values() ?? [])].flat().length
      expect(count, `seed ${seed}`).toBeLessThanOrEqual(bytes.length / 4)
    }
  })
})
