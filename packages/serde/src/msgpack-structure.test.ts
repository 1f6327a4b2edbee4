import { describe, expect, it } from 'vitest'
import { SerdeError } from './error.ts'
import { checkStructure } from './msgpack-structure.ts'

const check = (text: string) => checkStructure(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('checkStructure', () => {
  it.each([
    ['nothing at all', '', 'at least 1 bytes are missing, at byte 0 of 0'],
    ['bytes after the value', '01 02 03', '2 of 3 bytes come after it'],
    ['a map that ends too early', '82 a161 01', 'ends too early'],
    ['a text that ends too early', 'a5 6162', 'at least 3 bytes are missing, at byte 1 of 3'],
    ['a number that ends too early', 'ce 0000', 'ends too early'],
    ['a length that ends too early', 'da 00', 'ends too early'],
    ['an array of 4 billion values', 'dd ffffffff', 'at least 4294967295 bytes are missing'],
    ['a map of 4 billion pairs', 'df ffffffff', 'at least 8589934590 bytes are missing'],
    ['a text of 4 GiB', 'db ffffffff', 'ends too early'],
    ['the byte that stands for nothing', '91 c1', '0xc1 stands for nothing'],
    ['an unknown extension', 'd4 01 00', 'extension type 1 is not known'],
    ['an unknown extension of a negative type', 'c7 01 80 00', 'extension type -128 is not known'],
    ['a record of msgpackr', 'd4 72 40 91a161 01', 'extension type 114 is not known'],
    ['a regular expression of msgpackr', 'd4 78 00 92a161a0', 'extension type 120 is not known'],
    ['undefined as msgpackr writes it', 'd4 00 00', 'extension type 0 is not known'],
    ['a timestamp of one byte', 'd4 ff 00', 'a timestamp cannot have 1 bytes'],
    ['a timestamp of five bytes', 'c7 05 ff 0000000000', 'a timestamp cannot have 5 bytes'],
    ['a timestamp with too many nanoseconds', 'd7 ff ee6b2800 00000000', 'outside of what a Date can be'],
    ['a timestamp after the last Date', 'c7 0c ff 00000000 000007dbb0e54001', 'outside of what a Date can be'],
    ['a timestamp before the first Date', 'c7 0c ff 00000000 8000000000000000', 'outside of what a Date can be'],
    ['a timestamp that ends too early', 'c7 0c ff 00', 'ends too early'],
  ])('refuses %s', (_, text, message) => {
    expect(() => check(text)).toThrow(SerdeError)
    expect(() => check(text)).toThrow(message)
  })

  it('takes values in values, and empty ones', () => {
    check('80')
    check('90')
    check('a0')
    check('92 82 a161 90 a162 81 a163 c0 93 01 c2 ff')
  })

  it('bounds nesting', () => {
    checkStructure(Buffer.concat([Buffer.alloc(499, 0x91), Buffer.from([0x90])]))
    expect(() => checkStructure(Buffer.concat([Buffer.alloc(500, 0x91), Buffer.from([0x90])]))).toThrow('500 levels')
    expect(() => checkStructure(Buffer.alloc(1_000_000, 0x91))).toThrow('nested more than 500 levels deep')
  })
})
