import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Bench, flush } from '../../test/bench.ts'

describe('Heartbeat', () => {
  it('refuses in this order: group, instance, member, generation', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable()
    const memberId = ids[0] as string
    expect(await bench.heartbeat({ groupId: '', memberId })).toBe(ErrorCode.INVALID_GROUP_ID)
    expect(await bench.heartbeat({ groupId: 'none', memberId })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await bench.heartbeat({ memberId, instanceId: 'i' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await bench.heartbeat({ memberId: 'x', generation: 9 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await bench.heartbeat({ memberId, generation: 0 })).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(await bench.heartbeat({ memberId })).toBe(ErrorCode.NONE)
  })

  it('says that a rebalance is in progress, and keeps the member alive all the same', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2)
    bench.join({ memberId: ids[0] as string })
    for (let seconds = 0; seconds < 30; seconds += 6) {
      await bench.advance(6_000)
      expect(await bench.heartbeat({ memberId: ids[1] as string })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    }
  })

  it('is fine before the first sync', async () => {
    const bench = await Bench.start()
    const join = bench.join({ version: 3 })
    await bench.advance(6_100)
    expect(await bench.heartbeat({ memberId: join.value?.memberId ?? '' })).toBe(ErrorCode.NONE)
  })

  it('keeps a member for as long as heartbeats come, and no longer', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable()
    const memberId = ids[0] as string
    for (let count = 0; count < 10; count++) {
      await bench.advance(9_000)
      expect(await bench.heartbeat({ memberId })).toBe(ErrorCode.NONE)
    }
    await bench.advance(9_900)
    expect(await bench.state()).toBe('Stable')
    await bench.advance(200)
    expect(await bench.state()).toBe('Empty')
    expect(bench.records().at(-1)).toMatchObject({
      value: { protocolType: 'consumer', generation: 2, protocol: null, leader: null, members: [] },
    })
    expect(await bench.heartbeat({ memberId })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('lets the others rebalance when one stays silent', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2)
    await bench.advance(6_000)
    await bench.heartbeat({ memberId: ids[1] as string })
    await bench.advance(5_000)
    expect(await bench.heartbeat({ memberId: ids[1] as string })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    const join = bench.join({ memberId: ids[1] as string })
    await flush()
    expect(join.value).toMatchObject({ generationId: 2, leader: ids[1] })
  })

  it('is not expected of a member that waits for an answer', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2, { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 30_000 })
    const waiting = bench.join({ memberId: ids[0] as string, sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 30_000 })
    for (let count = 0; count < 5; count++) {
      await bench.advance(5_000)
      await bench.heartbeat({ memberId: ids[1] as string })
    }
    expect(waiting.value).toBeUndefined()
    await bench.advance(6_000)
    expect(waiting.value).toMatchObject({ errorCode: 0, generationId: 2 })
  })

  it('comes also as a commit', async () => {
    const bench = await Bench.start()
    const { ids, generation } = await bench.stable()
    const memberId = ids[0] as string
    for (let count = 0; count < 5; count++) {
      await bench.advance(9_000)
      expect(await bench.commit({ orders: { 0: count } }, { memberId, generation })).toEqual({ orders: { 0: 0 } })
    }
  })
})
