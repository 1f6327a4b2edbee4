import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { FetchSession, type FetchTarget, targetKey } from './fetch-session.ts'

const target = (partition: number, change: Partial<FetchTarget> = {}): FetchTarget => ({
  topic: 't',
  topicId: 'id-1',
  partition,
  offset: 0,
  leaderEpoch: 1,
  sizeMax: 1000,
  ...change,
})
const partitionsOf = (targets: readonly FetchTarget[]) => targets.map(({ partition }) => partition)

/** A session that a broker keeps under the id 7. */
function opened(targets: readonly FetchTarget[]): FetchSession {
  const session = new FetchSession()
  session.next(targets)
  session.onResponse(ErrorCode.NONE, 7)
  return session
}

describe('a fetch session', () => {
  it('begins with everything, then names only what is new or has changed', () => {
    const session = new FetchSession()
    expect(session.next([target(0), target(1)])).toEqual({
      sessionId: 0,
      sessionEpoch: 0,
      targets: [target(0), target(1)],
      forgotten: [],
    })
    expect(session.onResponse(ErrorCode.NONE, 7)).toBe(true)
    const next = session.next([target(0), target(1, { offset: 5 }), target(2)])
    expect([next.sessionId, next.sessionEpoch]).toEqual([7, 1])
    expect(partitionsOf(next.targets)).toEqual([1, 2])
    expect(next.forgotten).toEqual([])
  })

  it.each([{ offset: 3 }, { leaderEpoch: 2 }, { sizeMax: 5 }])('names a partition again when %o changed', (change) => {
    expect(partitionsOf(opened([target(0), target(1)]).next([target(0), target(1, change)]).targets)).toEqual([1])
  })

  it('tells what to forget, once', () => {
    const session = opened([target(0), target(1)])
    expect(partitionsOf(session.next([target(1)]).forgotten)).toEqual([0])
    session.onResponse(ErrorCode.NONE, 7)
    expect(session.next([target(1)])).toMatchObject({ sessionEpoch: 2, targets: [], forgotten: [] })
  })

  it('begins anew when a topic was deleted and created again: versions with names cannot say that otherwise', () => {
    const session = opened([target(0), target(1)])
    const again = [target(0, { topicId: 'id-2' }), target(1, { topicId: 'id-2' })]
    expect(session.next(again)).toEqual({ sessionId: 7, sessionEpoch: 0, targets: again, forgotten: [] })
  })

  it('replaces the session when an answer is missing', () => {
    const session = opened([target(0)])
    session.next([target(0)])
    session.onFailure()
    expect(session.isOpen).toBe(false)
    expect(session.next([target(0)])).toEqual({ sessionId: 7, sessionEpoch: 0, targets: [target(0)], forgotten: [] })
  })

  it('is over with an error, and does not name a session that the broker does not know', () => {
    const lost = opened([target(0)])
    expect(lost.onResponse(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, 0)).toBe(false)
    expect(lost.next([target(0)])).toMatchObject({ sessionId: 0, sessionEpoch: 0, targets: [target(0)] })
    const confused = opened([target(0)])
    expect(confused.onResponse(ErrorCode.INVALID_FETCH_SESSION_EPOCH, 0)).toBe(false)
    expect(confused.next([target(0)])).toMatchObject({ sessionId: 7, sessionEpoch: 0, targets: [target(0)] })
  })

  it('sends full requests to a broker that keeps no session', () => {
    const session = new FetchSession()
    for (let round = 0; round < 3; round++) {
      expect(session.next([target(0)])).toMatchObject({ sessionId: 0, sessionEpoch: 0, targets: [target(0)] })
      expect(session.onResponse(ErrorCode.NONE, 0)).toBe(true)
    }
  })
})

it('names of partitions do not collide', () => {
  expect(targetKey({ topic: 'a-1', partition: 2 })).not.toBe(targetKey({ topic: 'a', partition: 12 }))
  expect(targetKey({ topic: 'a', partition: 1 })).toBe('a-1')
})
