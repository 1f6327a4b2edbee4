import { describe, expect, expectTypeOf, it } from 'vitest'
import { bytes, type Serde, string } from './serde.ts'

describe('bytes', () => {
  it('takes and gives them as they are, without a copy', () => {
    const some = Buffer.from([0, 0xff])
    expect(bytes().encode(some)).toBe(some)
    expect(bytes().decode(some)).toBe(some)
    expectTypeOf(bytes()).toEqualTypeOf<Serde<Buffer>>()
  })
})

describe('string', () => {
  it('is UTF-8', () => {
    expect(string().encode('grün')).toBe('grün')
    expect(string().decode(Buffer.from('grün ✓'))).toBe('grün ✓')
    expectTypeOf(string()).toEqualTypeOf<Serde<string>>()
  })

  it('says that it is text, so that readers need no buffer', () => {
    expect(string().isText).toBe(true)
    expect(bytes().isText).toBeUndefined()
  })

  it('reads what is not UTF-8 as replacement characters', () => {
    expect(string().decode(Buffer.from([0x61, 0xff]))).toBe('a\ufffd')
  })
})
