import { cooperativeSticky } from '@millrace/assignor'
import { topic } from '@millrace/client'
import { describe, expect, it } from 'vitest'
import { type ConsumerSettings, checkedStart, resolveSettings } from './options.ts'

describe('options', () => {
  it('have defaults that Kafka users know', () => {
    expect(resolveSettings({ topics: ['t'], group: 'g' })).toMatchObject({
      from: 'latest',
      isCommitted: false,
      instanceId: null,
      rackId: null,
      assignors: [cooperativeSticky],
      isCooperative: true,
      patterns: [],
      autoCommit: true,
      autoCommitIntervalMs: 5000,
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 3000,
      maxProcessingMs: 300_000,
      fetchSizeMax: 52_428_800,
      partitionFetchSizeMax: 1_048_576,
      fetchSizeMin: 1,
      fetchWaitMs: 500,
      checkCrc: true,
    })
  })

  it('beat faster for a short session', () => {
    expect(resolveSettings({ sessionTimeoutMs: 6000 }).heartbeatIntervalMs).toBe(2000)
  })

  it.each<[ConsumerSettings<unknown, unknown>, string]>([
    [{ group: '' }, 'group is empty'],
    [{ instanceId: 'i' }, 'instanceId needs a group'],
    [{ sessionTimeoutMs: 1000, heartbeatIntervalMs: 1000 }, 'must be below sessionTimeoutMs'],
    [{ fetchSizeMax: 0 }, 'fetchSizeMax must be an integer'],
    [{ fetchWaitMs: -1 }, 'fetchWaitMs must be an integer'],
    [{ prefetchSizeMax: 0.5 }, 'prefetchSizeMax must be an integer'],
    [{ maxProcessingMs: Number.NaN }, 'maxProcessingMs must be an integer'],
    [{ assignors: [] }, 'assignors is empty'],
    [{ assignors: ['best'] }, 'there is no assignor "best"; built in are range, roundrobin'],
    [{ topics: ['t', ''] }, 'topics has "": give a name'],
    [{ topics: [undefined as never] }, 'topics has undefined: give a name'],
    [{ from: { timestamp: -5 } }, "a start is 'earliest'"],
    [{ from: 'begin' as 'earliest' }, "a start is 'earliest'"],
  ])('refuse %o', (settings, message) => {
    expect(() => resolveSettings(settings)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect(() => resolveSettings(settings)).toThrow(message)
  })

  it('are cooperative only if all assignors are', () => {
    const isCooperative = (...assignors: string[]) => resolveSettings({ assignors }).isCooperative
    expect([isCooperative('cooperative-sticky'), isCooperative('cooperative-sticky', 'range')]).toEqual([true, false])
    expect([isCooperative('sticky'), isCooperative('range', 'roundrobin')]).toEqual([false, false])
  })

  it('tell patterns from names', () => {
    const orders = topic('orders')
    expect(resolveSettings({ topics: ['a', /^b/, orders] })).toMatchObject({ topics: ['a', orders], patterns: [/^b/] })
  })

  it('take a start by place or by time', () => {
    expect(['earliest' as const, 'latest' as const, { timestamp: 0 }].map(checkedStart)).toHaveLength(3)
  })
})
