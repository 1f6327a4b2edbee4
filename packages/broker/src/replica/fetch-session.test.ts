import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import {
  evictionMs,
  type FetchPartition,
  type FetchSession,
  FetchSessionCache,
  type SessionRequest,
  shouldAnswer,
} from './fetch-session.ts'

const id = 'abcdefghijklmnopqrstuA'
const partition = (index: number, fetchOffset = 0): FetchPartition => ({
  topic: 'orders',
  topicId: id,
  partition: index,
  currentLeaderEpoch: -1,
  fetchOffset,
  lastFetchedEpoch: -1,
  logStartOffset: -1,
  partitionMaxBytes: 1000,
})

const request = (sessionId: number, sessionEpoch: number, overrides: Partial<SessionRequest> = {}): SessionRequest => ({
  sessionId,
  sessionEpoch,
  usesTopicIds: true,
  isPrivileged: false,
  partitions: [],
  forgotten: [],
  ...overrides,
})

function cacheOf(slots = 10) {
  let next = 100
  return new FetchSessionCache(slots, () => next++)
}

function begin(cache: FetchSessionCache, asked: SessionRequest, nowMs = 0) {
  const context = cache.begin(asked, nowMs)
  if (context.kind === 'error') throw new Error(`error ${context.errorCode}`)
  return context
}

function create(cache: FetchSessionCache, indexes: number[], nowMs = 0): FetchSession {
  const { session } = begin(cache, request(0, 0, { partitions: indexes.map((index) => partition(index)) }), nowMs)
  if (session === undefined) throw new Error('no session')
  return session
}

const outcome = (overrides: object = {}) => ({
  errorCode: 0,
  highWatermark: 5,
  logStartOffset: 0,
  recordsSize: 0,
  hasDivergingEpoch: false,
  preferredReadReplica: -1,
  ...overrides,
})

describe('FetchSessionCache', () => {
  it('fetches without a session when the client wants none', () => {
    const context = begin(cacheOf(), request(0, -1, { partitions: [partition(0)] }))
    expect(context).toMatchObject({ session: undefined, isIncremental: false, partitions: [{ partition: 0 }] })
  })

  it('remembers what was asked, takes changes, and forgets what is no longer wanted', () => {
    const cache = cacheOf()
    const session = create(cache, [0, 1, 2])
    const forgotten = [{ topic: 'orders', topicId: id, partition: 0 }]
    const context = begin(cache, request(session.id, 1, { partitions: [partition(1, 7), partition(5)], forgotten }))
    expect(context.isIncremental).toBe(true)
    expect(context.partitions.map((each) => [each.partition, each.fetchOffset])).toEqual([
      [1, 7],
      [2, 0],
      [5, 0],
    ])
  })

  it('wants the epochs in order, and starts over at 1 after the largest', () => {
    const cache = cacheOf()
    const session = create(cache, [0])
    expect(cache.begin(request(session.id, 2), 0)).toEqual({
      kind: 'error',
      errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH,
    })
    begin(cache, request(session.id, 1))
    expect(cache.begin(request(session.id, 1), 0)).toEqual({
      kind: 'error',
      errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH,
    })
    session.epoch = 0x7fffffff
    begin(cache, request(session.id, 0x7fffffff))
    expect(session.epoch).toBe(1)
  })

  it('refuses an unknown session, and one that named topics otherwise', () => {
    const cache = cacheOf()
    expect(cache.begin(request(9, 1), 0)).toEqual({ kind: 'error', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND })
    const session = create(cache, [0])
    const crossing = cache.begin(request(session.id, 1, { usesTopicIds: false }), 0)
    expect(crossing).toEqual({ kind: 'error', errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR })
  })

  it('ends a session on request, when it is replaced, and when nothing is left in it', () => {
    const cache = cacheOf()
    const first = create(cache, [0])
    begin(cache, request(first.id, -1))
    expect(cache.size).toBe(0)
    const second = create(cache, [0])
    begin(cache, request(second.id, 0, { partitions: [partition(0)] }))
    expect(cache.size).toBe(1)
    const third = create(cache, [3])
    const emptied = begin(cache, request(third.id, 1, { forgotten: [{ topic: 'orders', topicId: id, partition: 3 }] }))
    expect(emptied).toMatchObject({ session: undefined, isIncremental: false })
  })

  it('gives a place in a full cache only for an idle session, or to a follower', () => {
    const cache = cacheOf(2)
    create(cache, [0], 0)
    create(cache, [0], 10)
    const partitions = [partition(0)]
    expect(begin(cache, request(0, 0, { partitions }), 20).session).toBeUndefined()
    expect(begin(cache, request(0, 0, { partitions, isPrivileged: true }), 20).session).toBeDefined()
    expect(begin(cache, request(0, 0, { partitions }), evictionMs + 11).session).toBeDefined()
    expect(cache.size).toBe(2)
  })
})

describe('shouldAnswer', () => {
  const first = partition(0)

  it('leaves out what did not change since it was last answered', () => {
    const session = create(cacheOf(), [0, 1])
    expect(shouldAnswer(session, first, outcome(), true)).toBe(true)
    expect(shouldAnswer(session, first, outcome(), false)).toBe(false)
    expect(shouldAnswer(session, first, outcome({ highWatermark: 6 }), false)).toBe(true)
    expect(shouldAnswer(session, first, outcome({ highWatermark: 6 }), false)).toBe(false)
    expect(shouldAnswer(session, first, outcome({ highWatermark: 6, logStartOffset: 1 }), false)).toBe(true)
    expect(shouldAnswer(session, first, outcome({ highWatermark: 6, logStartOffset: 1, recordsSize: 10 }), false)).toBe(
      true,
    )
  })

  it('answers an error every time, and the recovery from it once', () => {
    const session = create(cacheOf(), [0])
    shouldAnswer(session, first, outcome(), true)
    const failed = outcome({ errorCode: 6, highWatermark: -1 })
    expect(shouldAnswer(session, first, failed, false)).toBe(true)
    expect(shouldAnswer(session, first, failed, false)).toBe(true)
    expect(shouldAnswer(session, first, outcome(), false)).toBe(true)
    expect(shouldAnswer(session, first, outcome(), false)).toBe(false)
  })

  it('reads what returned data last the next time', () => {
    const cache = cacheOf()
    const session = create(cache, [0, 1, 2])
    shouldAnswer(session, first, outcome({ recordsSize: 100 }), true)
    expect(begin(cache, request(session.id, 1)).partitions.map((each) => each.partition)).toEqual([1, 2, 0])
  })
})
