import type { MetadataSnapshot } from '@millrace/client'
import { describe, expect, it } from 'vitest'
import { TopicErrors } from './topic-errors.ts'

function snapshotOf(codes: Record<string, number>): MetadataSnapshot {
  const topics = Object.entries(codes).map(([name, errorCode]) => {
    return [name, { name, topicId: name, isInternal: false, errorCode, partitions: [], fetchedAtMs: 0 }] as const
  })
  return { clusterId: 'c', controllerId: 1, brokers: new Map(), topics: new Map(topics), topicNames: new Map() }
}

describe('errors of topics', () => {
  it('are told when they are new, and again when they come back', () => {
    const errors = new TopicErrors()
    const look = (codes: Record<string, number>) =>
      errors.update(['a', 'b'], snapshotOf(codes)).map(({ brokerError }) => brokerError)
    expect(look({})).toEqual([])
    expect(look({ a: 3, b: 0, c: 3 })).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
    expect([errors.isMissing('a'), errors.isMissing('b')]).toEqual([true, false])
    expect(look({ a: 3, b: 29 })).toEqual(['TOPIC_AUTHORIZATION_FAILED'])
    expect(look({ a: 0, b: 3 })).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
    expect([errors.isMissing('a'), errors.isMissing('b')]).toEqual([false, true])
    expect(look({ a: 3, b: 3 })).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
  })
})
