import { describe, expect, it } from 'vitest'
import type { PartitionView } from '../cluster-view.ts'
import { type PlaceInput, placeReplica } from './replica-place.ts'

const unassigned = 'AAAAAAAAAAAAAAAAAAAAAQ'
const a = { path: '/a', directoryId: 'idOfA00000000000000000', isOnline: true }
const b = { path: '/b', directoryId: 'idOfB00000000000000000', isOnline: true }
const failed = { path: '/b', directoryId: undefined, isOnline: false }

function view(directory: string, leader = 1): PartitionView {
  return {
    index: 0,
    leader,
    leaderEpoch: 3,
    partitionEpoch: 4,
    replicas: [2, 1],
    isr: [1],
    elr: [],
    lastKnownElr: [],
    directories: [unassigned, directory],
  }
}

const place = (of: PartitionView, input: Partial<PlaceInput> = {}) =>
  placeReplica(of, { brokerId: 1, directories: [a, b], hasLog: false, isKnown: true, ...input })

const offline = (reason: string) => ({ kind: 'offline', reason: expect.stringContaining(reason) })

describe('a replica', () => {
  it('is where its log is, whatever the metadata says', () => {
    const gone = view('idOfAnother00000000000')
    expect(place(gone, { hasLog: true })).toEqual({ kind: 'here', directory: undefined })
    expect(place(view(a.directoryId), { hasLog: true })).toEqual({ kind: 'here', directory: '/a' })
  })

  it('is made in the directory that the metadata says', () => {
    expect(place(view(b.directoryId))).toEqual({ kind: 'here', directory: '/b' })
  })

  it('that nobody has placed goes anywhere', () => {
    expect(place(view(unassigned))).toEqual({ kind: 'here', directory: undefined })
  })

  it('that nobody has placed is offline while a directory is that may have it', () => {
    expect(place(view(unassigned), { directories: [a, failed] })).toEqual(offline('/b'))
    expect(place(view(unassigned), { directories: [a, failed], isKnown: false })).toMatchObject({ kind: 'here' })
  })

  it('is offline with its directory, and never made anew elsewhere', () => {
    expect(place(view(b.directoryId), { directories: [a, failed] })).toEqual(offline('/b'))
    const known = { ...failed, directoryId: b.directoryId }
    expect(place(view(b.directoryId), { directories: [a, known] })).toEqual(offline('/b'))
  })

  it('in a directory that nobody names any more is made anew only where another broker has the records', () => {
    const gone = 'idOfAnother00000000000'
    expect(place(view(gone))).toEqual(offline('put it back, or delete the topic'))
    expect(place(view(gone, -1))).toEqual(offline('put it back, or delete the topic'))
    expect(place(view(gone, 2))).toEqual({ kind: 'here', directory: undefined })
    expect(place(view(gone, 2), { directories: [a, failed] })).toEqual(offline('/b'))
  })
})
