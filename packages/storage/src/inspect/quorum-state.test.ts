import { describe, expect, it } from 'vitest'
import { decodeQuorumState } from './quorum-state.ts'

const decode = (value: unknown) =>
  decodeQuorumState(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), '/d/quorum-state')
const voted = { leaderId: 1, leaderEpoch: 3, votedId: -1 }

describe('the quorum state', () => {
  it('is read in both versions', () => {
    expect(decode({ ...voted, votedDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA', data_version: 1 })).toEqual({
      ...voted,
      dataVersion: 1,
      votedDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA',
    })
    expect(decode({ ...voted, currentVoters: [{ voterId: 1 }, { voterId: 2 }], data_version: 0 })).toEqual({
      ...voted,
      dataVersion: 0,
      voterIds: [1, 2],
    })
  })

  it.each([
    ['', 'empty'],
    ['[', 'no JSON object'],
    ['null', 'no JSON object'],
    [{ ...voted, data_version: 2 }, 'data_version 2'],
    [{ ...voted, leaderId: 'x', data_version: 1 }, 'leaderId is no whole number'],
    [{ ...voted, data_version: 1 }, 'votedDirectoryId is missing'],
    [{ ...voted, data_version: 0 }, 'currentVoters is missing'],
    [{ ...voted, currentVoters: [null], data_version: 0 }, 'no voterId'],
  ])('is refused when it is %j', (value, problem) => {
    expect(() => decode(value)).toThrow(problem)
  })
})
