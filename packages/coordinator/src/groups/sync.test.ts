import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { assignment, Bench, flush, subscription } from '../../test/bench.ts'

async function joined(count = 2, options: Parameters<Bench['join']>[0] = {}) {
  const bench = await Bench.start()
  const joins = Array.from({ length: count }, () => bench.join({ ...options, version: 3 }))
  await bench.advance(6_100)
  const ids = joins.map(({ value }) => value?.memberId ?? '')
  const leader = joins[0]?.value?.leader ?? ''
  return { bench, leader, followers: ids.filter((id) => id !== leader) }
}

describe('SyncGroup', () => {
  it('parks followers until the leader hands in the assignment, and gives each their part', async () => {
    const { bench, leader, followers } = await joined(3)
    const [one, other] = followers as [string, string]
    const early = bench.sync({ memberId: one })
    await flush()
    expect(early.value).toBeUndefined()
    const mine = assignment('orders', 0)
    const theirs = assignment('orders', 1, 2)
    const own = bench.sync({ memberId: leader, assignments: { [leader]: mine, [one]: theirs } })
    const late = bench.sync({ memberId: other })
    await flush()
    expect([own.value?.assignment, early.value?.assignment]).toEqual([mine, theirs])
    // Whom the leader left out has nothing.
    expect(late.value).toMatchObject({
      errorCode: 0,
      assignment: Buffer.alloc(0),
      protocolType: 'consumer',
      protocolName: 'range',
    })
    expect(await bench.state()).toBe('Stable')
  })

  it('answers only when the assignment is committed', async () => {
    const { bench, leader } = await joined(1)
    bench.log.autoCommit(false)
    const own = bench.sync({ memberId: leader, assignments: { [leader]: assignment('orders', 0) } })
    const again = bench.sync({ memberId: leader })
    await flush()
    expect([own.value, again.value]).toEqual([undefined, undefined])
    expect(await bench.state()).toBe('CompletingRebalance')
    bench.log.commitAll()
    await flush()
    expect([own.value?.errorCode, again.value?.errorCode]).toEqual([0, 0])
    expect(await bench.state()).toBe('Stable')
  })

  it('refuses in this order: instance, member, generation, protocol', async () => {
    const { bench, leader } = await joined(1)
    const replies = [
      bench.sync({ groupId: '', memberId: leader }),
      bench.sync({ groupId: 'none', memberId: leader }),
      bench.sync({ memberId: 'x', instanceId: 'i', generation: 9 }),
      bench.sync({ memberId: 'x', generation: 9 }),
      bench.sync({ memberId: leader, generation: 9, protocolName: 'other' }),
      bench.sync({ memberId: leader, protocolName: 'other' }),
    ]
    await flush()
    expect(replies.map(({ value }) => value?.errorCode)).toEqual([
      ErrorCode.INVALID_GROUP_ID,
      ErrorCode.UNKNOWN_MEMBER_ID,
      ErrorCode.UNKNOWN_MEMBER_ID,
      ErrorCode.UNKNOWN_MEMBER_ID,
      ErrorCode.ILLEGAL_GENERATION,
      ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    ])
  })

  it('tells members to rejoin when a rebalance begins, those that wait and those that come', async () => {
    const { bench, leader, followers } = await joined(2)
    const [follower] = followers as [string]
    const waiting = bench.sync({ memberId: follower })
    bench.join({ memberId: leader, protocols: [['range', subscription('payments')]] })
    const late = bench.sync({ memberId: leader })
    await flush()
    expect([waiting.value?.errorCode, late.value?.errorCode]).toEqual([27, 27])
  })

  it('removes members that do not sync within the rebalance timeout, and starts again with the others', async () => {
    const { bench, leader, followers } = await joined(2, { rebalanceTimeoutMs: 4_000, sessionTimeoutMs: 60_000 })
    const [follower] = followers as [string]
    const waiting = bench.sync({ memberId: follower })
    await bench.advance(4_100)
    expect(waiting.value?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    const rejoined = bench.join({ memberId: follower })
    await flush()
    expect(rejoined.value).toMatchObject({ errorCode: 0, generationId: 2, leader: follower })
    expect(await bench.heartbeat({ memberId: leader, generation: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('also when the group is stable already', async () => {
    const { bench, leader, followers } = await joined(2, { rebalanceTimeoutMs: 4_000, sessionTimeoutMs: 60_000 })
    bench.sync({ memberId: leader, assignments: {} })
    // The generation began after the initial delay of 4 s, which the rebalance timeout is the limit of.
    await bench.advance(1_800)
    expect(await bench.state()).toBe('Stable')
    await bench.advance(200)
    expect(await bench.state()).toBe('PreparingRebalance')
    expect(await bench.heartbeat({ memberId: followers[0] as string })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('answers a parked sync that is repeated', async () => {
    const { bench, followers } = await joined(2)
    const first = bench.sync({ memberId: followers[0] as string })
    const second = bench.sync({ memberId: followers[0] as string })
    await flush()
    expect([first.value?.errorCode, second.value]).toEqual([ErrorCode.REBALANCE_IN_PROGRESS, undefined])
  })

  it('writes the generation with members, metadata and assignments', async () => {
    const { bench, leader } = await joined(1)
    bench.sync({ memberId: leader, assignments: { [leader]: assignment('orders', 0) } })
    await flush()
    expect(bench.records().at(-1)).toMatchObject({
      type: 'GroupMetadata',
      version: 3,
      value: {
        protocolType: 'consumer',
        generation: 1,
        protocol: 'range',
        leader,
        members: [
          {
            memberId: leader,
            groupInstanceId: null,
            clientId: 'client',
            clientHost: '/127.0.0.1',
            rebalanceTimeout: 60_000,
            sessionTimeout: 10_000,
            subscription: subscription('orders'),
            assignment: assignment('orders', 0),
          },
        ],
      },
    })
  })
})
