import { describe, expect, it } from 'vitest'
import {
  type ControlRecordInput,
  decodeControlKey,
  decodeControlRecord,
  encodeControlKey,
  encodeControlRecord,
} from './control-record.ts'

const directory = 'f7R6kvSFyGQlOSULPuPUsQ'

describe('control records', () => {
  it('have their version and type in the key', () => {
    expect(encodeControlKey('Abort').toString('hex')).toBe('00000000')
    expect(encodeControlKey('KRaftVoters').toString('hex')).toBe('00000006')
    expect(decodeControlKey(Buffer.from('00000002', 'hex'))).toBe('LeaderChange')
    expect(decodeControlKey(Buffer.from('0001000100', 'hex'))).toBe('Commit')
    expect(decodeControlKey(Buffer.from('00000063', 'hex'))).toBeUndefined()
  })

  it('of a transaction have the coordinator epoch as value', () => {
    const { key, value } = encodeControlRecord({ type: 'Commit', data: { coordinatorEpoch: 7 } })
    expect([key.toString('hex'), value.toString('hex')]).toEqual(['00000001', '000000000007'])
  })

  it.each<ControlRecordInput>([
    { type: 'Abort', data: { coordinatorEpoch: 7 } },
    { type: 'LeaderChange', data: { version: 0, leaderId: 1, voters: [{ voterId: 1 }], grantingVoters: [] } },
    { type: 'LeaderChange', data: { version: 1, leaderId: 1, voters: [{ voterId: 1, voterDirectoryId: directory }] } },
    { type: 'SnapshotHeader', data: { version: 0, lastContainedLogTimestamp: 1_750_000_000_000 } },
    { type: 'SnapshotFooter', data: { version: 0 } },
    { type: 'KRaftVersion', data: { version: 0, kRaftVersion: 1 } },
    {
      type: 'KRaftVoters',
      data: { voters: [{ voterId: 3, endpoints: [{ name: 'CONTROLLER', host: 'h', port: 9093 }] }] },
    },
  ])('come back as they were: %j', (record) => {
    const { key, value } = encodeControlRecord(record)
    expect(decodeControlRecord(key, value)).toMatchObject(record)
  })

  it('are refused when their type or version does not exist, or when they are cut', () => {
    const value = Buffer.alloc(6)
    expect(() => decodeControlRecord(Buffer.from('00000063', 'hex'), value)).toThrow('no control record type 99')
    expect(() => decodeControlRecord(encodeControlKey('KRaftVersion'), Buffer.from('000900', 'hex'))).toThrow(
      'version 9',
    )
    expect(() => decodeControlRecord(Buffer.alloc(1), value)).toThrow('cannot hold the version')
    expect(() => decodeControlRecord(encodeControlKey('Commit'), Buffer.alloc(3))).toThrow('EndTxnMarker')
  })
})
