import { describe, expect, it } from 'vitest'
import { decodeQuorumState, encodeQuorumState, initialQuorumState, QuorumStateError } from './quorum-state.ts'

const directoryId = 'node3-dir-AAAAAAAAAAAA'

describe('quorum-state', () => {
  it('keeps epoch, leader and vote in both versions; version 0 has no directory', () => {
    const state = { leaderEpoch: 7, leaderId: 3, votedId: 3, votedDirectoryId: directoryId }
    expect(decodeQuorumState(encodeQuorumState(state, 1, [1, 2, 3]))).toEqual(state)
    const { votedDirectoryId } = initialQuorumState
    expect(decodeQuorumState(encodeQuorumState(state, 0, [1, 2, 3]))).toEqual({ ...state, votedDirectoryId })
  })

  it.each([
    ['', 'not JSON'],
    ['null', 'not a JSON object'],
    ['{}', 'data_version undefined'],
    ['{"leaderId":1,"leaderEpoch":1,"votedId":-1,"data_version":2}', 'data_version 2'],
    ['{"leaderId":1,"leaderEpoch":-1,"votedId":-1,"data_version":0}', 'leaderEpoch is -1'],
    ['{"leaderId":1,"leaderEpoch":"5","votedId":-1,"data_version":0}', 'leaderEpoch is "5"'],
    ['{"leaderId":1,"leaderEpoch":2147483648,"votedId":-1,"data_version":0}', 'leaderEpoch is 2147483648'],
    ['{"leaderId":1,"leaderEpoch":1,"votedId":-1,"data_version":1}', 'votedDirectoryId'],
    ['{"leaderId":1,"leaderEpoch":1,"data_version":0}', 'votedId is undefined'],
  ])('refuses %s', (text, message) => {
    expect(() => decodeQuorumState(text)).toThrow(QuorumStateError)
    expect(() => decodeQuorumState(text)).toThrow(message)
  })
})
