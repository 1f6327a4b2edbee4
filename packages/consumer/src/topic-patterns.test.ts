import type { MetadataSnapshot } from '@millrace/client'
import { describe, expect, it } from 'vitest'
import { TopicPatterns } from './topic-patterns.ts'

function snapshotOf(topics: Record<string, { errorCode?: number; isInternal?: boolean }>): MetadataSnapshot {
  const list = Object.entries(topics).map(([name, { errorCode = 0, isInternal = false }]) => {
    return [name, { name, topicId: name, isInternal, errorCode, partitions: [], fetchedAtMs: 0 }] as const
  })
  return { clusterId: 'c', controllerId: 1, brokers: new Map(), topics: new Map(list), topicNames: new Map() }
}

describe('patterns', () => {
  it('select the topics that match one of them, in order, without internal ones', () => {
    const patterns = new TopicPatterns([/^b/, /1$/])
    const snapshot = snapshotOf({ b2: {}, a1: {}, a2: {}, b1: {}, b__internal: { isInternal: true } })
    expect(patterns.select(snapshot)).toEqual(['a1', 'b1', 'b2'])
  })

  it('take topics in when they can be read, and drop them only when they are gone', () => {
    const patterns = new TopicPatterns([/./])
    const snapshot = snapshotOf({
      ok: {},
      hidden: { errorCode: 29 },
      leaderless: { errorCode: 5 },
      gone: { errorCode: 3 },
    })
    expect(patterns.select(snapshot)).toEqual(['ok'])
    expect(patterns.select(snapshot, ['leaderless', 'gone'])).toEqual(['leaderless', 'ok'])
  })

  it('match the same every time, whatever their flags, and leave those of user code alone', () => {
    const given = [/a/g, /^b/y]
    const patterns = new TopicPatterns(given)
    for (let count = 0; count < 3; count++) {
      expect(['xa', 'b', 'xb', 'c'].map((name) => patterns.matches(name))).toEqual([true, true, false, false])
    }
    expect(given.map(({ lastIndex }) => lastIndex)).toEqual([0, 0])
  })
})
