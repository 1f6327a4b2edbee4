import { randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { PropertiesError, parseProperties, readProperties } from './properties.ts'

const pairs = (text: string) => parseProperties(text).map(({ key, value }) => [key, value])

describe('parseProperties', () => {
  it.each<[string, string, [string, string][]]>([
    ['an equals sign', 'a=1', [['a', '1']]],
    ['a colon', 'a:1', [['a', '1']]],
    ['blanks only', 'a 1', [['a', '1']]],
    ['blanks around the sign', '  a \t=  1 ', [['a', '1 ']]],
    ['a second sign, which belongs to the value', 'a==1', [['a', '=1']]],
    ['a key alone', 'a', [['a', '']]],
    ['comments and empty lines', '# a=1\n! b=2\n\n   \n  # c\nd=4', [['d', '4']]],
    ['a value with a hash sign', 'a=1 # not a comment', [['a', '1 # not a comment']]],
    [
      'any end of line',
      'a=1\r\nb=2\rc=3\n',
      [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
    ],
    ['a line that goes on', 'a=1,\\\n   2,\\\r\n\t3', [['a', '1,2,3']]],
    [
      'two backslashes at the end, which do not go on',
      'a=1\\\\\nb=2',
      [
        ['a', '1\\'],
        ['b', '2'],
      ],
    ],
    ['a line that goes on into the end', 'a=1\\', [['a', '1']]],
    ['a comment that does not go on', '# a \\\nb=2', [['b', '2']]],
    ['escapes', 'a=\\t\\n\\r\\f\\u00e9\\q\\\\', [['a', '\t\n\r\féq\\']]],
    ['escaped signs in a key', 'a\\=b\\:c\\ d=1', [['a=b:c d', '1']]],
    ['a listener, whose colons are no separators', 'listeners=PLAINTEXT://:9092', [['listeners', 'PLAINTEXT://:9092']]],
  ])('reads %s', (_, text, expected) => {
    expect(pairs(text)).toEqual(expected)
  })

  it('counts lines from where an entry begins', () => {
    expect(parseProperties('# one\na=1\\\n2\n\nb=3')).toEqual([
      { key: 'a', value: '12', line: 2 },
      { key: 'b', value: '3', line: 5 },
    ])
  })

  it.each(['a=\\u12', 'a=\\uzzzz', 'a=\\u'])('refuses the broken escape %s and says where', (text) => {
    expect(() => parseProperties(`x=1\n${text}`)).toThrow(PropertiesError)
    expect(() => parseProperties(`x=1\n${text}`)).toThrow(/^line 2: /)
  })

  it('gives back any entry that was escaped', () => {
    const seed = 7
    const random = seededRandom(seed)
    const alphabet = 'ab =:#!\\\t\n\r\fé\u4e2d'
    const escaped = (text: string) =>
      Array.from(text, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
    for (let round = 0; round < 500; round++) {
      const draw = () =>
        Array.from({ length: 1 + randomBelow(random, 8) }, () => alphabet[randomBelow(random, alphabet.length)]).join(
          '',
        )
      const [key, value] = [draw(), draw()]
      expect(pairs(`${escaped(key)}=${escaped(value)}`), `seed ${seed} round ${round}`).toEqual([[key, value]])
    }
  })
})

describe('readProperties', () => {
  it('lets the last entry of a key count, and says so', () => {
    const file = readProperties('a=1\nb=2\na=3')
    expect([...file.values]).toEqual([
      ['a', '3'],
      ['b', '2'],
    ])
    expect(file.lines.get('a')).toBe(3)
    expect(file.notices).toEqual(['a is set on line 1 and again on line 3; the later one counts'])
  })
})
