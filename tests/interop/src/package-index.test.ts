import { describe, expect, it } from 'vitest'
import { parseCounts, parseIndex } from './package-index.ts'
import { compareSections, countSections, RecordSet } from './record-set.ts'

const text = Buffer.from(
  'Package: a\nSection: libs\nDescription: ä\n\nPackage: b\nVersion: 1\nSection: admin\n\nPackage: c\nSection: libs\n\n',
)

describe('parseIndex', () => {
  it('makes one record of each stanza and keeps every byte but the empty lines', () => {
    const records = parseIndex(text)
    expect(records.map(({ key, section }) => [key, section])).toEqual([
      ['a', 'libs'],
      ['b', 'admin'],
      ['c', 'libs'],
    ])
    expect(Buffer.concat(records.flatMap(({ value }) => [value, Buffer.from('\n')])).equals(text)).toBe(true)
  })

  it('takes a last stanza without an empty line after it', () => {
    expect(parseIndex(text.subarray(0, text.length - 1))).toEqual(parseIndex(text))
  })

  it('refuses bytes that separate records, and stanzas without a name', () => {
    expect(() => parseIndex(Buffer.from('Package: a\nX: \x01\n'))).toThrow('stanza of a')
    expect(() => parseIndex(Buffer.from('Version: 1\n'))).toThrow('no Package')
  })
})

describe('sections', () => {
  it('are counted as uniq counts them', () => {
    const counts = parseCounts('      1 admin\n      2 libs\n')
    expect(compareSections(countSections(parseIndex(text)), counts)).toEqual([])
    expect(compareSections(new Map([['libs', 1]]), counts)).toEqual([
      'section admin has 0 records instead of 1',
      'section libs has 1 records instead of 2',
    ])
  })
})

describe('RecordSet', () => {
  const set = new RecordSet(parseIndex(text))

  it('finds a record by key and exact bytes', () => {
    expect(set.find('b', set.records[1]!.value)).toEqual([1])
    expect(set.find('b', set.records[0]!.value)).toEqual([])
    expect(set.find('z', set.records[0]!.value)).toEqual([])
  })

  it('samples evenly, in order', () => {
    expect(set.sample(2).records.map(({ key }) => key)).toEqual(['a', 'b'])
    expect(set.sample(9)).toBe(set)
  })
})
