import { describe, expect, it } from 'vitest'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
} from './consumer-protocol.ts'
import { decodePrincipal, encodePrincipal } from './principal.ts'

describe('consumer protocol', () => {
  it('has its version first', () => {
    const bytes = encodeConsumerSubscription(1, {
      topics: ['t'],
      ownedPartitions: [{ topic: 't', partitions: [0, 1] }],
    })
    expect(bytes.readInt16BE(0)).toBe(1)
    expect(decodeConsumerSubscription(bytes)).toMatchObject({ version: 1, data: { topics: ['t'], generationId: -1 } })
  })

  it('reads versions that are too new with the newest layout, and leaves the rest alone', () => {
    const newest = encodeConsumerSubscription(3, { topics: ['t'], rackId: 'r' })
    const newer = Buffer.concat([newest, Buffer.from('beef', 'hex')])
    newer.writeInt16BE(9, 0)
    expect(decodeConsumerSubscription(newer)).toMatchObject({ version: 9, data: { topics: ['t'], rackId: 'r' } })
    const assignment = encodeConsumerAssignment(0, { assignedPartitions: [{ topic: 't', partitions: [5] }] })
    assignment.writeInt16BE(4, 0)
    expect(decodeConsumerAssignment(assignment).data.assignedPartitions).toEqual([{ topic: 't', partitions: [5] }])
  })

  it('refuses negative versions and cut input', () => {
    expect(() => decodeConsumerSubscription(Buffer.from('ffff00000000', 'hex'))).toThrow('version -1 does not exist')
    expect(() => decodeConsumerAssignment(Buffer.from('00', 'hex'))).toThrow('cannot hold the version')
  })
})

describe('principal', () => {
  it('comes back as it was', () => {
    const principal = { type: 'User', name: 'alice', tokenAuthenticated: true }
    expect(decodePrincipal(encodePrincipal(principal))).toEqual(principal)
  })
})
