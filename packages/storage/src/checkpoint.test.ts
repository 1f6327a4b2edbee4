import { describe, expect, it } from 'vitest'
import { decodeOffsets, encodeOffsets } from './checkpoint.ts'

describe('offset checkpoints', () => {
  it('have the bytes of Apache Kafka', () => {
    const text = '0\n2\nlogappend 0 30\nplain 2 9007199254740991\n'
    const offsets = [
      { topic: 'logappend', partition: 0, offset: 30 },
      { topic: 'plain', partition: 2, offset: Number.MAX_SAFE_INTEGER },
    ]
    expect(decodeOffsets(Buffer.from(text), 'x')).toEqual(offsets)
    expect(encodeOffsets(offsets).toString()).toBe(text)
    expect(encodeOffsets([]).toString()).toBe('0\n0\n')
  })

  it('are empty when the file is', () => {
    expect(decodeOffsets(Buffer.alloc(0), 'x')).toEqual([])
    expect(decodeOffsets(Buffer.from('0\n0\n'), 'x')).toEqual([])
  })

  it('are refused when damaged', () => {
    const damaged = [
      '1\n0\n',
      '0\n',
      '0\n2\na 0 1\n',
      '0\n1\na 0 1\na 1 1\n',
      '0\n1\na 0 -1\n',
      '0\n1\na 0\n',
      '0\nx\n',
      '\0\0\0',
    ]
    for (const text of [...damaged, '0\n1\na 0 9007199254740993\n']) {
      expect(() => decodeOffsets(Buffer.from(text), '/d/file'), JSON.stringify(text)).toThrow('/d/file is not valid')
    }
  })
})
