import { describe, expect, it } from 'vitest'
import { decodeMetadataRecord, encodeMetadataRecord } from './metadata-records.ts'

const topicId = 'f7R6kvSFyGQlOSULPuPUsQ'

describe('metadata records', () => {
  it('have frame version, id and version before their fields', () => {
    const bytes = encodeMetadataRecord({ type: 'TopicRecord', version: 0, data: { name: 'jfs', topicId } })
    expect(bytes.toString('hex')).toBe('010200046a66737fb47a92f485c8642539250b3ee3d4b100')
    const record = decodeMetadataRecord(bytes)
    expect(record).toEqual({ type: 'TopicRecord', version: 0, data: { name: 'jfs', topicId } })
    // The type narrows the data.
    if (record.type === 'TopicRecord') expect(record.data.name).toBe('jfs')
  })

  it('decode only in frames, types and versions that are known', () => {
    const codeOf = (hex: string) => {
      try {
        decodeMetadataRecord(Buffer.from(hex, 'hex'))
      } catch (error) {
        return (error as { code: string }).code
      }
      return undefined
    }
    expect(codeOf('02020000')).toBe('unsupported-version')
    expect(codeOf('016300')).toBe('unknown-type')
    expect(codeOf('01020900')).toBe('unsupported-version')
    expect(codeOf('0102')).toBe('truncated')
    expect(codeOf('')).toBe('truncated')
    expect(codeOf('01140000ff')).toBe('trailing-bytes')
  })
})
