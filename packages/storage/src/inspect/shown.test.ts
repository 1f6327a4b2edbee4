import { describe, expect, it } from 'vitest'
import { cutText, plainValue, showBytes } from './shown.ts'

describe('bytes in a dump', () => {
  it.each([
    [Buffer.from('grüße'), 'grüße'],
    [Buffer.alloc(0), ''],
    [Buffer.from([0, 1]), '0x0001'],
    [Buffer.from([0xff]), '0xff'],
    // What terminals would obey is not shown as text.
    [Buffer.from('\u001b[2J'), '0x1b5b324a'],
    [Buffer.from('0x12'), '0x30783132'],
    [null, null],
  ])('are text or hex: %j', (bytes, shown) => {
    expect(showBytes(bytes)).toBe(shown)
  })

  it('of a decoded record survive JSON', () => {
    expect(plainValue({ a: 2n ** 60n, b: [Buffer.from([1])], c: null })).toEqual({
      a: '1152921504606846976',
      b: ['0x01'],
      c: null,
    })
  })

  it('are cut when they are long', () => {
    expect(cutText('abcdef', 3)).toBe('abc... (6 characters)')
    expect(cutText('abc', 3)).toBe('abc')
  })
})
