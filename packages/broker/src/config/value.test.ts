import { describe, expect, it } from 'vitest'
import { brokerKeys } from './broker-keys.ts'
import { bool, double, int, key, list, long, password, short, text, type ValueSpec } from './key.ts'
import { unsupported } from './support.ts'
import { topicKeys } from './topic-keys.ts'
import { formatValue, parseValue, sameValue } from './value.ts'

const parse = (spec: ValueSpec, value: string) => parseValue(key('x.y', spec, 'low', undefined, unsupported), value)

describe('parseValue', () => {
  it.each<[string, ValueSpec, string, unknown]>([
    ['a boolean in any case, blanks around it', bool(false), '  TRUE ', true],
    ['a boolean', bool(true), 'false', false],
    ['an int with a sign', int(0), '+5', 5],
    ['the smallest int', int(0), '-2147483648', -2_147_483_648],
    ['a short', short(0), '32767', 32_767],
    ['the largest long', long(0), '9223372036854775807', 9_223_372_036_854_775_807n],
    ['a double', double(0), '0.5', 0.5],
    ['a double with an exponent', double(0), '1E3', 1000],
    ['text with inner blanks', text(''), ' a b ', 'a b'],
    ['a list with blanks around its commas', list([]), ' a , b,c ', ['a', 'b', 'c']],
    ['an empty list', list(['a']), '  ', []],
  ])('reads %s', (_, spec, written, value) => {
    expect(parse(spec, written)).toEqual({ kind: 'value', value })
  })

  it.each<[string, ValueSpec, string, string]>([
    [
      'a boolean that is none',
      bool(false),
      'yes',
      'Invalid value yes for configuration x.y: Expected value to be either true or false',
    ],
    ['an int that is text', int(0), 'abc', 'Invalid value abc for configuration x.y: Not a number of type INT'],
    [
      'an int out of 32 bits',
      int(0),
      '2147483648',
      'Invalid value 2147483648 for configuration x.y: Not a number of type INT',
    ],
    [
      'a short out of 16 bits',
      short(0),
      '32768',
      'Invalid value 32768 for configuration x.y: Not a number of type SHORT',
    ],
    [
      'a long out of 64 bits',
      long(0),
      '9223372036854775808',
      'Invalid value 9223372036854775808 for configuration x.y: Not a number of type LONG',
    ],
    ['a number with a fraction', long(0), '1.5', 'Invalid value 1.5 for configuration x.y: Not a number of type LONG'],
    ['an empty number', int(0), '', 'Invalid value  for configuration x.y: Not a number of type INT'],
    [
      'a double that is not finite',
      double(0),
      'NaN',
      'Invalid value NaN for configuration x.y: Not a number of type DOUBLE',
    ],
  ])('refuses %s', (_, spec, written, message) => {
    expect(parse(spec, written)).toEqual({ kind: 'problem', message })
  })

  it('refuses a very long number without converting it', () => {
    expect(parse(long(0), '9'.repeat(1_000_000))).toMatchObject({ kind: 'problem' })
  })

  it('keeps a password as it is, which may look like anything', () => {
    expect(parse(password(), 'secret')).toEqual({ kind: 'value', value: 'secret' })
  })
})

describe('values that Apache Kafka refused, in its words', () => {
  it.each([
    ['retention.ms', 'abc', 'Invalid value abc for configuration retention.ms: Not a number of type LONG'],
    ['segment.bytes', '1000', 'Invalid value 1000 for configuration segment.bytes: Value must be at least 1048576'],
    [
      'cleanup.policy',
      'shred',
      'Invalid value shred for configuration cleanup.policy: String must be one of: compact, delete',
    ],
  ])('%s=%s', (name, written, message) => {
    expect(parseValue(topicKeys.get(name)!, written)).toEqual({ kind: 'problem', message })
  })
})

describe('formatValue', () => {
  it.each([
    [0.5, '0.5'],
    [0, '0.0'],
    [1, '1.0'],
    [-2.25, '-2.25'],
    [9_999_999, '9999999.0'],
    [1e7, '1.0E7'],
    [0.001, '0.001'],
    [0.00012, '1.2E-4'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
  ])('writes the double %f as Java does', (value, written) => {
    expect(formatValue('double', value)).toBe(written)
  })

  it('gives every default back: what is shown can be set', () => {
    for (const each of [...brokerKeys.values(), ...topicKeys.values()]) {
      const shown = formatValue(each.type, each.default)
      if (shown === null) continue
      const parsed = parseValue(each, shown)
      expect(parsed, each.name).toMatchObject({ kind: 'value' })
      if (parsed.kind === 'value') expect(sameValue(each.type, parsed.value, each.default), each.name).toBe(true)
    }
  })
})
