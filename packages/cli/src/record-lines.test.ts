import { describe, expect, it } from 'vitest'
import { formatJsonLine, formatTextLine, parseJsonLine, parseTextLine, type ShownRecord } from './record-lines.ts'

const record: ShownRecord = {
  topic: 'orders',
  partition: 2,
  offset: 17,
  timestamp: 1_750_000_000_000,
  key: Buffer.from('ä'),
  value: Buffer.from([0, 255, 10]),
  headers: [
    { key: 'trace', value: Buffer.from('x') },
    { key: 'none', value: null },
  ],
}

describe('text lines', () => {
  it('are the value, or key and value', () => {
    expect(parseTextLine('a:b:c', undefined)).toMatchObject({ key: null, value: Buffer.from('a:b:c') })
    expect(parseTextLine('a:b:c', ':')).toMatchObject({ key: Buffer.from('a'), value: Buffer.from('b:c') })
    expect(() => parseTextLine('abc', ':')).toThrow('A line has no key')
    expect(formatTextLine(record, 'hex', undefined)).toBe('00ff0a')
    expect(formatTextLine(record, 'hex', '=')).toBe('c3a4=00ff0a')
  })
})

describe('JSON lines', () => {
  it.each(['base64', 'hex'] as const)('bring any bytes back in %s', (encoding) => {
    const parsed = parseJsonLine(formatJsonLine(record, encoding), encoding)
    expect(parsed).toEqual({
      key: record.key,
      value: record.value,
      headers: record.headers,
      partition: 2,
      timestamp: record.timestamp,
    })
  })

  it('may leave everything out', () => {
    expect(parseJsonLine('{}', 'utf8')).toEqual({
      key: null,
      value: null,
      headers: [],
      partition: undefined,
      timestamp: undefined,
    })
  })

  it.each([
    ['not json', 'A line is no JSON object'],
    ['[1]', 'A line is no JSON object'],
    ['{"value": 5}', 'value must be a text or null'],
    ['{"partition": -1}', 'partition must be a whole number'],
    ['{"headers": 1}', 'headers must be an object'],
    ['{"headers": {"a": 1}}', 'header a must be a text'],
  ])('say what is wrong with %s', (line, message) => {
    expect(() => parseJsonLine(line, 'utf8')).toThrow(message)
  })
})
