import { seededRandom, zeroUuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { RaftEffect } from './effect.ts'
import { emptyLog } from './log-state.ts'
import type { FetchRequest, RaftReply, RaftRequest, VoteRequest } from './message.ts'
import { Raft, type RaftOptions } from './raft.ts'
import { type Voter, VoterSet } from './voter-set.ts'

const voter = (id: number): Voter => ({
  id,
  directoryId: `dir-${id}`,
  endpoints: [{ name: 'CONTROLLER', host: `host${id}`, port: 9093 }],
  kraftVersionMin: 0,
  kraftVersionMax: 1,
})

function machine(ids: readonly number[], options: Partial<RaftOptions> = {}): Raft<string> {
  const identity = { ...voter(1), clusterId: 'cluster', listenerName: 'CONTROLLER', bootstrap: [] }
  const voters = ids.map(voter)
  const log = {
    ...emptyLog,
    snapshots: [{ id: { offset: 0, epoch: 0 }, size: 10 }],
    snapshotControl: { kraftVersion: 1, voters },
  }
  return new Raft<string>({ identity, random: seededRandom(1), log, ...options })
}

/** A lone voter that has committed the first records of its epoch. */
function leader(): Raft<string> {
  const raft = machine([1])
  raft.start(0)
  persist(raft)
  return raft
}

function persist(raft: Raft<string>, durableOffset = raft.status().endOffset): RaftEffect<string>[] {
  const writtenOffset = raft.status().endOffset
  return raft.step({ type: 'logPersisted', now: 1, generation: 0, writtenOffset, durableOffset })
}

function ask(raft: Raft<string>, request: RaftRequest, now = 1): RaftReply | undefined {
  const effects = raft.step({ type: 'request', now, token: 7, request })
  return effects.find((effect) => effect.type === 'reply')?.reply
}

const vote: VoteRequest = {
  kind: 'Vote',
  clusterId: 'cluster',
  voter: { id: 1, directoryId: 'dir-1' },
  candidate: { id: 2, directoryId: 'dir-2' },
  epoch: 5,
  end: { offset: 100, epoch: 4 },
  preVote: false,
}

const fetch: FetchRequest = {
  kind: 'Fetch',
  clusterId: 'cluster',
  replica: { id: 9, directoryId: 'dir-9' },
  epoch: 1,
  position: { offset: 3, epoch: 1 },
  highWatermark: 3,
  waitMs: 500,
  sizeMax: 1000,
}

describe('a lone voter', () => {
  it('commits what is durable, not what is only written', () => {
    const raft = leader()
    raft.step({ type: 'propose', now: 1, proposal: 'a', recordCount: 2 })
    expect(persist(raft, 3).some((effect) => effect.type === 'commit')).toBe(false)
    expect(persist(raft, 5)).toContainEqual({ type: 'commit', highWatermark: 5 })
  })

  it('makes its epoch durable before it appends in it', () => {
    const types = machine([1])
      .start(0)
      .map((effect) => effect.type)
    expect(types.indexOf('persistQuorumState')).toBeGreaterThanOrEqual(0)
    expect(types.indexOf('persistQuorumState')).toBeLessThan(types.indexOf('append'))
    expect(types.filter((type) => type === 'persistQuorumState')).toHaveLength(1)
  })

  it('takes an epoch above that of its log when quorum-state is lost', () => {
    const log = { ...emptyLog, endOffset: 5, epochs: [{ epoch: 8, startOffset: 0 }] }
    const staticVoters = new VoterSet([{ ...voter(1), directoryId: zeroUuid }])
    const raft = machine([1], { log, staticVoters })
    raft.start(0)
    expect(raft.status()).toMatchObject({ role: 'leader', epoch: 9 })
  })

  it('has no deadline: an idle node sleeps', () => {
    expect(leader().nextDeadline()).toBe(Number.POSITIVE_INFINITY)
  })

  it('stops at once', () => {
    const raft = leader()
    expect(raft.step({ type: 'shutdown', now: 2, timeoutMs: 5000 })).toContainEqual({ type: 'stopped' })
    expect(raft.step({ type: 'propose', now: 3, proposal: 'late', recordCount: 1 })).toEqual([])
  })
})

describe('a leader among others', () => {
  it('does not commit records of earlier epochs by counting replicas', () => {
    const log = {
      ...emptyLog,
      endOffset: 5,
      epochs: [{ epoch: 1, startOffset: 0 }],
    }
    const quorumState = { leaderEpoch: 2, leaderId: -1, votedId: -1, votedDirectoryId: zeroUuid }
    const raft = machine([], { log, quorumState, staticVoters: new VoterSet([1, 2, 3].map(voter)) })
    raft.start(0)
    let effects = raft.step({ type: 'tick', now: 5000 })
    // The pre-vote, then the vote.
    for (const expected of ['candidate', 'leader']) {
      for (const effect of effects) {
        if (effect.type !== 'send' || effect.request.kind !== 'Vote' || effect.to.nodeId !== 2) continue
        const info = { leaderId: -1, leaderEpoch: effect.request.epoch, leaderEndpoint: undefined }
        const response = { kind: 'Vote', errorCode: 0, ...info, voteGranted: true } as const
        effects = raft.step({ type: 'response', now: 5001, requestId: effect.requestId, response })
      }
      expect(raft.status().role).toBe(expected)
    }
    persist(raft)
    const fetchBy2 = { ...fetch, epoch: 3, replica: { id: 2, directoryId: 'dir-2' }, waitMs: 0 }
    // A majority has all records of epoch 1 now, but a node that lacks them could still win against that majority.
    expect(ask(raft, { ...fetchBy2, position: { offset: 5, epoch: 1 } }, 5002)).toMatchObject({ highWatermark: -1 })
    expect(raft.status()).toMatchObject({ highWatermark: 0, isReady: false })
    expect(ask(raft, { ...fetchBy2, position: { offset: 6, epoch: 3 } }, 5003)).toMatchObject({ highWatermark: 6 })
    expect(raft.status().isReady).toBe(true)
  })
})

describe('an answer to Vote', () => {
  it.each([
    ['another cluster', { clusterId: 'other' }, ErrorCode.INCONSISTENT_CLUSTER_ID, false],
    ['an older epoch', { epoch: 3 }, ErrorCode.FENCED_LEADER_EPOCH, false],
    ['another voter', { voter: { id: 4, directoryId: 'dir-1' } }, ErrorCode.INVALID_VOTER_KEY, false],
    ['an earlier disk of this voter', { voter: { id: 1, directoryId: 'old' } }, ErrorCode.INVALID_VOTER_KEY, false],
    ['no candidate', { candidate: { id: -1, directoryId: 'x' } }, ErrorCode.INVALID_REQUEST, false],
    ['a shorter log', { end: { offset: 1, epoch: 3 } }, ErrorCode.NONE, false],
    ['an older last epoch', { end: { offset: 900, epoch: 2 } }, ErrorCode.NONE, false],
    ['a log as long', { end: { offset: 9, epoch: 3 } }, ErrorCode.NONE, true],
    ['static voters, who have no directories', { voter: { id: 1, directoryId: zeroUuid } }, ErrorCode.NONE, true],
    ['version 0, which names nobody', { voter: { id: -1, directoryId: zeroUuid } }, ErrorCode.NONE, true],
  ])('for %s', (_, change, errorCode, voteGranted) => {
    const log = { ...emptyLog, endOffset: 9, epochs: [{ epoch: 3, startOffset: 0 }] }
    const staticVoters = new VoterSet([1, 2, 3].map(voter))
    const quorumState = { leaderEpoch: 4, leaderId: -1, votedId: -1, votedDirectoryId: zeroUuid }
    const raft = machine([], { log, staticVoters, quorumState })
    raft.start(0)
    expect(ask(raft, { ...vote, ...change })).toMatchObject({ kind: 'Vote', errorCode, voteGranted })
  })

  it('is yes once an epoch, and durable before it is given', () => {
    const raft = machine([1, 2, 3])
    raft.start(0)
    const effects = raft.step({ type: 'request', now: 1, token: 1, request: vote })
    const types = effects.map((effect) => effect.type)
    expect(types.indexOf('persistQuorumState')).toBeLessThan(types.indexOf('reply'))
    expect(ask(raft, { ...vote, candidate: { id: 3, directoryId: 'dir-3' } })).toMatchObject({ voteGranted: false })
    expect(ask(raft, vote)).toMatchObject({ voteGranted: true })
    // The same id with another disk is another candidate.
    expect(ask(raft, { ...vote, candidate: { id: 2, directoryId: 'new' } })).toMatchObject({ voteGranted: false })
  })

  it('is remembered over a restart', () => {
    const quorumState = { leaderEpoch: 5, leaderId: -1, votedId: 2, votedDirectoryId: 'dir-2' }
    const raft = machine([1, 2, 3], { quorumState })
    raft.start(0)
    expect(ask(raft, { ...vote, candidate: { id: 3, directoryId: 'dir-3' } })).toMatchObject({ voteGranted: false })
    expect(ask(raft, vote)).toMatchObject({ voteGranted: true })
  })
})

describe('an answer to Fetch', () => {
  it.each([
    ['another cluster', { clusterId: 'other' }, ErrorCode.INCONSISTENT_CLUSTER_ID],
    ['an older epoch', { epoch: 0 }, ErrorCode.FENCED_LEADER_EPOCH],
    ['a newer epoch', { epoch: 2 }, ErrorCode.UNKNOWN_LEADER_EPOCH],
    ['an offset below 0', { position: { offset: -1, epoch: 0 } }, ErrorCode.INVALID_REQUEST],
  ])('for %s', (_, change, errorCode) => {
    expect(ask(leader(), { ...fetch, ...change })).toMatchObject({ errorCode, leaderId: 1, leaderEpoch: 1 })
  })

  it('waits until there is something, and names what to read', () => {
    const raft = leader()
    expect(ask(raft, fetch)).toBeUndefined()
    expect(raft.nextDeadline()).toBe(501)
    raft.step({ type: 'propose', now: 2, proposal: 'a', recordCount: 1 })
    const effects = persist(raft)
    expect(effects).toContainEqual({
      type: 'reply',
      token: 7,
      reply: expect.objectContaining({ highWatermark: 4, read: { offset: 3, endOffset: 4, sizeMax: 1000 } }),
    })
  })

  it('comes when the wait is over, and when the high watermark is news', () => {
    const raft = leader()
    ask(raft, fetch)
    const effects = raft.step({ type: 'tick', now: 501 })
    expect(effects).toContainEqual({ type: 'reply', token: 7, reply: expect.objectContaining({ read: undefined }) })
    expect(ask(raft, { ...fetch, highWatermark: 2 })).toMatchObject({ highWatermark: 3 })
  })

  it('is not given twice to one replica, nor to one that has left', () => {
    const raft = leader()
    ask(raft, fetch)
    const again = raft.step({ type: 'request', now: 2, token: 8, request: fetch })
    expect(again.filter((effect) => effect.type === 'reply').map(({ token }) => token)).toEqual([7])
    raft.step({ type: 'requestCancelled', now: 3, token: 8 })
    expect(raft.nextDeadline()).toBe(Number.POSITIVE_INFINITY)
  })

  it('sends a reader that is no replica away with what there is', () => {
    expect(ask(leader(), { ...fetch, replica: { id: -1, directoryId: zeroUuid } })).toMatchObject({ errorCode: 0 })
  })

  it('goes to the leader only', () => {
    const raft = machine([1, 2, 3])
    raft.start(0)
    expect(ask(raft, { ...fetch, epoch: 0 })).toMatchObject({
      errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
      leaderId: -1,
    })
  })
})

describe('an answer to FetchSnapshot', () => {
  const request = {
    kind: 'FetchSnapshot',
    clusterId: 'cluster',
    replica: { id: 9, directoryId: 'dir-9' },
    epoch: 1,
    snapshotId: { offset: 3, epoch: 1 },
    position: 0,
    sizeMax: 100,
  } as const

  it.each([
    ['the snapshot', {}, ErrorCode.NONE],
    ['a position at its end', { position: 50 }, ErrorCode.POSITION_OUT_OF_RANGE],
    ['a position before its start', { position: -1 }, ErrorCode.POSITION_OUT_OF_RANGE],
    ['another snapshot', { snapshotId: { offset: 2, epoch: 1 } }, ErrorCode.SNAPSHOT_NOT_FOUND],
    ['an older epoch', { epoch: 0 }, ErrorCode.FENCED_LEADER_EPOCH],
  ])('for %s', (_, change, errorCode) => {
    const raft = leader()
    raft.step({ type: 'snapshotCreated', now: 1, snapshot: { id: { offset: 3, epoch: 1 }, size: 50 } })
    const reply = ask(raft, { ...request, ...change })
    expect(reply).toMatchObject({ kind: 'FetchSnapshot', errorCode })
    if (errorCode === ErrorCode.NONE) expect(reply).toMatchObject({ size: 50, read: { position: 0, sizeMax: 100 } })
  })
})

describe('a change of the voters', () => {
  const add = {
    kind: 'AddRaftVoter',
    clusterId: null,
    timeoutMs: 1000,
    voter: { id: 2, directoryId: 'dir-2' },
    endpoints: voter(2).endpoints,
    ackWhenCommitted: true,
  } as const
  const remove = { kind: 'RemoveRaftVoter', clusterId: null, voter: { id: 1, directoryId: 'dir-1' } } as const

  it.each([
    ['another cluster', { ...add, clusterId: 'other' }, ErrorCode.INCONSISTENT_CLUSTER_ID],
    ['a voter that is one', { ...add, voter: { id: 1, directoryId: 'dir-x' } }, ErrorCode.DUPLICATE_VOTER],
    ['a voter without a directory', { ...add, voter: { id: 2, directoryId: zeroUuid } }, ErrorCode.INVALID_REQUEST],
    [
      'a voter without the listener',
      { ...add, endpoints: [{ name: 'X', host: 'h', port: 1 }] },
      ErrorCode.INVALID_REQUEST,
    ],
    ['removing nobody', { ...remove, voter: { id: 5, directoryId: 'dir-5' } }, ErrorCode.VOTER_NOT_FOUND],
    ['removing another disk', { ...remove, voter: { id: 1, directoryId: 'old' } }, ErrorCode.VOTER_NOT_FOUND],
    ['removing the last one', remove, ErrorCode.VOTER_NOT_FOUND],
  ])('is refused for %s', (_, request, errorCode) => {
    expect(ask(leader(), request)).toMatchObject({ kind: request.kind, errorCode })
  })

  it('is refused by who does not lead, before the epoch is committed, and for static voters', () => {
    const follower = machine([1, 2, 3])
    follower.start(0)
    expect(ask(follower, add)).toMatchObject({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER })
    const early = machine([1])
    early.start(0)
    expect(ask(early, add)).toMatchObject({ errorCode: ErrorCode.REQUEST_TIMED_OUT })
    const fixed = machine([], { log: emptyLog, staticVoters: new VoterSet([voter(1)]) })
    fixed.start(0)
    persist(fixed)
    expect(ask(fixed, add)).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_VERSION })
  })

  it('goes one at a time', () => {
    const raft = leader()
    expect(ask(raft, add)).toBeUndefined()
    expect(ask(raft, { ...add, voter: { id: 3, directoryId: 'dir-3' } })).toMatchObject({
      errorCode: ErrorCode.REQUEST_TIMED_OUT,
    })
  })

  it('is refused to a node that does not support the present kraft.version', () => {
    const raft = leader()
    const sent = raft.step({ type: 'request', now: 1, token: 7, request: add }).find((effect) => effect.type === 'send')
    expect(sent).toMatchObject({ request: { kind: 'ApiVersions' }, to: { nodeId: 2, host: 'host2' } })
    const response = { kind: 'ApiVersions', errorCode: 0, kraftVersionMin: 0, kraftVersionMax: 0 } as const
    const effects = raft.step({ type: 'response', now: 2, requestId: sent?.requestId ?? 0, response })
    expect(effects).toContainEqual({
      type: 'reply',
      token: 7,
      reply: expect.objectContaining({ errorCode: ErrorCode.INVALID_REQUEST }),
    })
  })
})

describe('DescribeQuorum', () => {
  it('is answered by the leader, with voters, observers and when they fetched', () => {
    const raft = leader()
    ask(raft, { ...fetch, waitMs: 0, position: { offset: 0, epoch: 0 } }, 50)
    expect(ask(raft, { kind: 'DescribeQuorum' }, 60)).toMatchObject({
      errorCode: 0,
      leaderId: 1,
      highWatermark: 3,
      voters: [{ key: { id: 1 }, endOffset: 3, lastFetchAt: 60 }],
      observers: [{ key: { id: 9, directoryId: 'dir-9' }, endOffset: 0, lastFetchAt: 50, lastCaughtUpAt: -1 }],
    })
    const other = machine([1, 2])
    other.start(0)
    expect(ask(other, { kind: 'DescribeQuorum' })).toMatchObject({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER })
  })
})

describe('a follower', () => {
  function follower() {
    const raft = machine([1, 2, 3])
    raft.start(0)
    const request = {
      kind: 'BeginQuorumEpoch',
      clusterId: 'cluster',
      voter: { id: 1, directoryId: 'dir-1' },
      leaderId: 2,
      epoch: 3,
      leaderEndpoints: voter(2).endpoints,
    } as const
    const effects = raft.step({ type: 'request', now: 1, token: 1, request })
    const sent = effects.find((effect) => effect.type === 'send')
    return { raft, requestId: sent?.requestId ?? -1, sent }
  }
  const answer = {
    kind: 'Fetch',
    errorCode: 0,
    leaderId: 2,
    leaderEpoch: 3,
    leaderEndpoint: undefined,
    highWatermark: 9,
    logStartOffset: 0,
    diverging: undefined,
    snapshotId: undefined,
    batches: [],
  } as const
  const batch = { baseOffset: 0, lastOffset: 1, epoch: 3, control: undefined, bytes: Buffer.from('x') }

  it('asks the leader from its end', () => {
    const { sent } = follower()
    expect(sent).toMatchObject({
      to: { nodeId: 2, host: 'host2', port: 9093 },
      request: { kind: 'Fetch', epoch: 3, highWatermark: -1 },
    })
  })

  it('fetches on only when what it has is durable: its offset is a promise', () => {
    const { raft, requestId } = follower()
    const effects = raft.step({ type: 'response', now: 2, requestId, response: { ...answer, batches: [batch] } })
    expect(effects.map((effect) => effect.type)).toEqual(['appendFetched'])
    const written = raft.step({ type: 'logPersisted', now: 3, generation: 0, writtenOffset: 2, durableOffset: 0 })
    expect(written.map((effect) => effect.type)).toEqual(['commit'])
    const durable = raft.step({ type: 'logPersisted', now: 4, generation: 0, writtenOffset: 2, durableOffset: 2 })
    expect(durable).toMatchObject([{ type: 'send', request: { position: { offset: 2, epoch: 3 }, highWatermark: 2 } }])
  })

  it.each([
    ['a gap', [{ ...batch, baseOffset: 1, lastOffset: 2 }]],
    ['a batch of a later epoch than the leader has', [{ ...batch, epoch: 4 }]],
    ['epochs that go back', [batch, { ...batch, baseOffset: 2, lastOffset: 2, epoch: 2 }]],
    ['a batch without records', [{ ...batch, lastOffset: -1 }]],
  ])('refuses %s, and asks again after a pause', (_, batches) => {
    const { raft, requestId } = follower()
    const effects = raft.step({ type: 'response', now: 2, requestId, response: { ...answer, batches } })
    expect(effects.map((effect) => effect.type)).toEqual(['warn'])
    expect(raft.nextDeadline()).toBe(22)
    expect(raft.status().endOffset).toBe(0)
  })

  it('never cuts off what is committed, whatever a leader says', () => {
    const { raft, requestId } = follower()
    raft.step({ type: 'response', now: 2, requestId, response: { ...answer, batches: [batch] } })
    const effects = raft.step({ type: 'logPersisted', now: 3, generation: 0, writtenOffset: 2, durableOffset: 2 })
    const next = effects.find((effect) => effect.type === 'send')
    const diverging = { offset: 0, epoch: 0 }
    const after = raft.step({
      type: 'response',
      now: 4,
      requestId: next?.requestId ?? -1,
      response: { ...answer, diverging },
    })
    expect(after).toMatchObject([{ type: 'warn' }])
    expect(raft.status().endOffset).toBe(2)
  })

  it('does not listen to a report about a log that was cut since', () => {
    const { raft, requestId } = follower()
    const response = { ...answer, highWatermark: -1, batches: [batch] }
    raft.step({ type: 'response', now: 2, requestId, response })
    const [send] = raft.step({ type: 'logPersisted', now: 3, generation: 0, writtenOffset: 2, durableOffset: 2 })
    const diverging = { offset: 0, epoch: 0 }
    const id = send?.type === 'send' ? send.requestId : -1
    const cut = raft.step({ type: 'response', now: 4, requestId: id, response: { ...answer, diverging } })
    expect(cut[0]).toEqual({ type: 'truncate', generation: 1, endOffset: 0 })
    raft.step({ type: 'logPersisted', now: 5, generation: 0, writtenOffset: 2, durableOffset: 2 })
    expect(raft.status()).toMatchObject({ endOffset: 0, durableOffset: 0 })
  })
})
