import { describe, expect, it } from 'vitest'
import { defaultRaftConfig } from './config.ts'
import { Replicas } from './replicas.ts'
import { VoterSet } from './voter-set.ts'

const voter = { id: 1, directoryId: 'one', endpoints: [], kraftVersionMin: 0, kraftVersionMax: 1 }
const voters = new VoterSet([voter])
const key = (id: number) => ({ id, directoryId: `dir-${id}` })

describe('Replicas', () => {
  it('calls a replica caught up that has now what the leader had at its last fetch', () => {
    const replicas = new Replicas(defaultRaftConfig)
    const progress = replicas.touch(key(2), voters, 0)!
    replicas.fetched(progress, 5, 10, 100)
    expect(progress.lastCaughtUpAt).toBe(-1)
    replicas.fetched(progress, 10, 20, 200)
    expect(progress.lastCaughtUpAt).toBe(100)
    replicas.fetched(progress, 15, 30, 300)
    expect(progress.lastCaughtUpAt).toBe(100)
    replicas.fetched(progress, 30, 30, 400)
    expect(progress.lastCaughtUpAt).toBe(400)
    replicas.fetched(progress, undefined, 30, 500)
    expect(progress).toMatchObject({ lastFetchAt: 500, endOffset: 30 })
  })

  it('forgets silent observers, and keeps no more than it may; a voter always has room', () => {
    const replicas = new Replicas({ ...defaultRaftConfig, observersMax: 3, observerSessionTimeoutMs: 1000 })
    for (const id of [11, 12, 13]) replicas.fetched(replicas.touch(key(id), voters, id)!, 0, 0, id)
    expect(replicas.touch(key(14), voters, 500)).toBeUndefined()
    expect(replicas.touch(voter, voters, 500)).toBeDefined()
    replicas.fetched(replicas.get(voter)!, 0, 0, 500)
    expect(replicas.observers(voters, 1012)).toHaveLength(2)
    expect(replicas.touch(key(14), voters, 5000)).toBeDefined()
    expect(replicas.ofVoter(voters, 1)?.key).toEqual(voter)
  })
})
