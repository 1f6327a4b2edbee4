import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { assignment, Bench, flush } from '../../test/bench.ts'

describe('a coordinator that moves', () => {
  /** The same log under a new coordinator, at a later time. */
  async function moved(bench: Bench, config = {}) {
    bench.coordinator.close()
    return Bench.start({ logs: bench.logs, config, clock: bench.clock, seed: 2 })
  }

  it('keeps a stable group: members go on with heartbeats, and find their assignment', async () => {
    const first = await Bench.start()
    const { ids, generation } = await first.stable(2)
    const bench = await moved(first)
    for (const memberId of ids) expect(await bench.heartbeat({ memberId, generation })).toBe(ErrorCode.NONE)
    const synced = bench.sync({ memberId: ids[0] as string, generation })
    await flush()
    expect(synced.value?.assignment).toEqual(assignment('orders', 0))
    expect(await bench.describe()).toMatchObject({ groupState: 'Stable', protocolData: 'range' })
  })

  it('gives loaded members a full session', async () => {
    const first = await Bench.start()
    const { ids } = await first.stable()
    await first.advance(9_000)
    const bench = await moved(first)
    await bench.advance(9_900)
    expect(await bench.state()).toBe('Stable')
    await bench.advance(200)
    expect(await bench.heartbeat({ memberId: ids[0] as string })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('rebalances a loaded group that is larger than allowed', async () => {
    const first = await Bench.start()
    const { ids, generation } = await first.stable(3)
    const bench = await moved(first, { groupSizeMax: 2 })
    expect(await bench.state()).toBe('PreparingRebalance')
    const joins = ids.map((memberId) => bench.join({ memberId }))
    await flush()
    expect(joins.map(({ value }) => value?.errorCode)).toEqual([0, 0, ErrorCode.GROUP_MAX_SIZE_REACHED])
    expect(joins[0]?.value?.generationId).toBe(generation + 1)
  })

  it('forgets what has no record: a rebalance that was under way', async () => {
    const first = await Bench.start()
    const { ids, generation } = await first.stable(2)
    const open = first.join({ memberId: ids[0] as string })
    const bench = await moved(first)
    await flush()
    expect(open.value?.errorCode).toBe(ErrorCode.NOT_COORDINATOR)
    expect(await bench.state()).toBe('Stable')
    expect(await bench.heartbeat({ memberId: ids[1] as string, generation })).toBe(ErrorCode.NONE)
  })

  it('serves requests for unknown partitions with NOT_COORDINATOR, in the shape of each API', async () => {
    const bench = new Bench({})
    const join = bench.join({ memberId: 'm' })
    const sync = bench.sync({ memberId: 'm' })
    await flush()
    expect(join.value).toMatchObject({ errorCode: 16, memberId: 'm', generationId: -1 })
    expect(sync.value?.errorCode).toBe(16)
    expect(await bench.heartbeat({ memberId: 'm' })).toBe(16)
    expect((await bench.leave({ memberId: 'm' })).errorCode).toBe(16)
    expect(await bench.commit({ orders: { 0: 1, 1: 1 } })).toEqual({ orders: { 0: 16, 1: 16 } })
    expect(await bench.offsets()).toEqual({ error: { 0: 16 } })
    expect((await bench.deleteGroups('g')).results).toEqual([{ groupId: 'g', errorCode: 16 }])
    expect((await bench.deleteOffsets({ orders: [0] })).errorCode).toBe(16)
  })
})

describe('a group whose record is lost', () => {
  it('goes back to the generation before, and never gives out the lost number again', async () => {
    const bench = await Bench.start()
    const { ids, generation } = await bench.stable(2)
    const [leader, follower] = ids as [string, string]
    const joins = ids.map((memberId) => bench.join({ memberId }))
    await flush()
    expect(joins[0]?.value?.generationId).toBe(generation + 1)
    bench.log.autoCommit(false)
    const waiting = bench.sync({ memberId: follower, generation: generation + 1 })
    const assigning = bench.sync({ memberId: leader, generation: generation + 1, assignments: {} })
    bench.log.failFrom(bench.log.highWatermark)
    await flush()
    expect([waiting.value?.errorCode, assigning.value?.errorCode]).toEqual([15, 15])
    bench.log.autoCommit()
    expect(await bench.heartbeat({ memberId: leader, generation: generation + 1 })).toBe(ErrorCode.ILLEGAL_GENERATION)
    const again = ids.map((memberId) => bench.join({ memberId }))
    await flush()
    expect(again[0]?.value?.generationId).toBe(generation + 2)
  })

  it('is gone if the lost record was its first, and requests that waited fail', async () => {
    const bench = await Bench.start()
    bench.log.autoCommit(false)
    const join = bench.join({ version: 3 })
    bench.log.failFrom(0)
    await flush()
    expect(join.value?.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    expect(await bench.state()).toBe('Dead')
    expect(bench.clock.pendingCount).toBe(1)
  })

  it.each([
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
  ])('tells clients what they can act on when the log refuses with %i: %i', async (refusal, told) => {
    const bench = await Bench.start()
    const join = bench.join({ version: 3 })
    await bench.advance(6_100)
    const memberId = join.value?.memberId ?? ''
    bench.log.refuseWith(refusal)
    const sync = bench.sync({ memberId, assignments: {} })
    await flush()
    expect(sync.value?.errorCode).toBe(told)
  })

  it('expires its last member again when the log refused the record of that', async () => {
    const bench = await Bench.start()
    await bench.stable()
    bench.log.refuseWith(ErrorCode.NOT_ENOUGH_REPLICAS)
    await bench.advance(10_100)
    expect(await bench.state()).toBe('Stable')
    bench.log.refuseWith(undefined)
    await bench.advance(10_100)
    expect(await bench.state()).toBe('Empty')
  })
})
