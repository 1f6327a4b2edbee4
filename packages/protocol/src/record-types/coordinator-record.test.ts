import { describe, expect, it } from 'vitest'
import { DecodeError } from '../schema/decode-error.ts'
import {
  decodeCoordinatorKey,
  decodeCoordinatorRecord,
  decodeCoordinatorValue,
  encodeCoordinatorKey,
  encodeCoordinatorValue,
} from './coordinator-record.ts'
import { groupRecords } from './group-records.ts'
import { transactionRecords } from './transaction-records.ts'

const keyFields = { group: 'g', topic: 't', partition: 2 }
const key = encodeCoordinatorKey(groupRecords, 'OffsetCommit', keyFields)

describe('coordinator records', () => {
  it('are told apart by the id in their key, and have the version in their value', () => {
    expect(key.toString('hex')).toBe('0001' + '000167' + '000174' + '00000002')
    const value = encodeCoordinatorValue(groupRecords, 'OffsetCommit', 3, { offset: 42, metadata: 'm' })
    expect(value.readInt16BE(0)).toBe(3)
    const record = decodeCoordinatorRecord(groupRecords, key, value)
    expect(record).toMatchObject({
      type: 'OffsetCommit',
      version: 3,
      key: keyFields,
      value: { offset: 42, leaderEpoch: -1 },
    })
    // The type narrows key and value.
    if (record.type === 'OffsetCommit') expect(record.value?.metadata).toBe('m')
  })

  it('without a value are deletions', () => {
    expect(decodeCoordinatorRecord(groupRecords, key, null)).toEqual({
      type: 'OffsetCommit',
      key: keyFields,
      value: null,
      version: null,
    })
  })

  it('of a type that newer software may know are told from damaged ones', () => {
    const codeOf = (bytes: Buffer) => {
      try {
        decodeCoordinatorKey(transactionRecords, bytes)
      } catch (error) {
        return (error as DecodeError).code
      }
      return undefined
    }
    expect(codeOf(Buffer.from('00630000', 'hex'))).toBe('unknown-type')
    expect(codeOf(Buffer.from('00', 'hex'))).toBe('truncated')
    expect(codeOf(Buffer.from('00000005', 'hex'))).toBe('truncated')
  })

  it('with a value version that does not exist are refused', () => {
    expect(() => decodeCoordinatorValue(groupRecords, 'OffsetCommit', Buffer.from('0005', 'hex'))).toThrow(DecodeError)
    expect(() => decodeCoordinatorValue(groupRecords, 'OffsetCommit', Buffer.from('00', 'hex'))).toThrow(DecodeError)
    expect(() => encodeCoordinatorValue(groupRecords, 'OffsetCommit', 5, {})).toThrow('version 5 does not exist')
  })
})
