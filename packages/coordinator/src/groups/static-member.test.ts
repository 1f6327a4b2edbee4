import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { assignment, Bench, flush, subscription } from '../../test/bench.ts'

/** A stable group of two static members; the first leads. */
async function twoStatics(version = 9) {
  const bench = await Bench.start()
  const joins = ['one', 'two'].map((instanceId) => bench.join({ instanceId, version, sessionTimeoutMs: 30_000 }))
  await bench.advance(6_100)
  const ids = joins.map(({ value }) => value?.memberId ?? '') as [string, string]
  const assignments = { [ids[0]]: assignment('orders', 0), [ids[1]]: assignment('orders', 1) }
  bench.sync({ memberId: ids[0], instanceId: 'one', assignments })
  bench.sync({ memberId: ids[1], instanceId: 'two' })
  await flush()
  return { bench, ids }
}

describe('static members', () => {
  it('get no MEMBER_ID_REQUIRED, and an id that begins with the instance id', async () => {
    const { ids } = await twoStatics()
    expect(ids[0]).toMatch(/^one-[0-9a-f-]{36}$/)
  })

  it('come back to their generation and assignment without a rebalance, and fence who held their place', async () => {
    const { bench, ids } = await twoStatics()
    const back = bench.join({ instanceId: 'two', sessionTimeoutMs: 30_000 })
    await flush()
    expect(back.value).toMatchObject({
      errorCode: 0,
      generationId: 1,
      leader: ids[0],
      skipAssignment: false,
      members: [],
    })
    const memberId = back.value?.memberId ?? ''
    expect(memberId).not.toBe(ids[1])
    expect(await bench.state()).toBe('Stable')
    const synced = bench.sync({ memberId, instanceId: 'two' })
    await flush()
    expect(synced.value?.assignment).toEqual(assignment('orders', 1))
    expect(await bench.heartbeat({ memberId: ids[1], instanceId: 'two' })).toBe(ErrorCode.FENCED_INSTANCE_ID)
    expect(await bench.heartbeat({ memberId: ids[1] })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await bench.commit({ orders: { 0: 1 } }, { memberId: ids[1], instanceId: 'two', generation: 1 })).toEqual({
      orders: { 0: ErrorCode.FENCED_INSTANCE_ID },
    })
    const record = bench.records().at(-1)
    expect(record).toMatchObject({ type: 'GroupMetadata', value: { generation: 1 } })
  })

  it('skip the assignment when the leader comes back and understands that (v9)', async () => {
    const { bench } = await twoStatics()
    const back = bench.join({ instanceId: 'one', sessionTimeoutMs: 30_000 })
    await flush()
    expect(back.value).toMatchObject({ generationId: 1, skipAssignment: true, leader: back.value?.memberId })
    expect(back.value?.members).toHaveLength(2)
  })

  it('are told of the old leader before version 9, and so do not assign', async () => {
    const { bench, ids } = await twoStatics(5)
    const back = bench.join({ instanceId: 'one', version: 5, sessionTimeoutMs: 30_000 })
    await flush()
    expect(back.value).toMatchObject({ generationId: 1, skipAssignment: false, leader: ids[0], members: [] })
  })

  it('rebalance when their coming back changes the selected protocol', async () => {
    const bench = await Bench.start()
    const both = [
      ['a', subscription('orders')],
      ['b', subscription('orders')],
    ] as const
    const joins = ['one', 'two'].map((instanceId) =>
      bench.join({ instanceId, protocols: both, sessionTimeoutMs: 30_000 }),
    )
    await bench.advance(6_100)
    const [one] = joins.map(({ value }) => value?.memberId ?? '') as [string, string]
    bench.sync({ memberId: one, instanceId: 'one', assignments: {} })
    await flush()
    const back = bench.join({ instanceId: 'two', protocols: [['b', subscription('orders')]], sessionTimeoutMs: 30_000 })
    await flush()
    expect(back.value).toBeUndefined()
    expect(await bench.state()).toBe('PreparingRebalance')
  })

  it('rebalance when they come back while the leader assigns', async () => {
    const bench = await Bench.start()
    const joins = ['one', 'two'].map((instanceId) => bench.join({ instanceId, sessionTimeoutMs: 30_000 }))
    await bench.advance(6_100)
    const ids = joins.map(({ value }) => value?.memberId ?? '') as [string, string]
    const waiting = bench.sync({ memberId: ids[1], instanceId: 'two' })
    bench.join({ instanceId: 'two', sessionTimeoutMs: 30_000 })
    await flush()
    expect(waiting.value?.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID)
    expect(await bench.state()).toBe('PreparingRebalance')
  })

  it('fence a parked join of the same instance', async () => {
    const bench = await Bench.start()
    const first = bench.join({ instanceId: 'one' })
    const second = bench.join({ instanceId: 'one' })
    await bench.advance(6_100)
    expect(first.value?.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID)
    expect(second.value).toMatchObject({ errorCode: 0, generationId: 1 })
  })

  it('stay through rebalances that they miss, until their session ends', async () => {
    const { bench, ids } = await twoStatics()
    const leader = bench.join({
      memberId: ids[0],
      instanceId: 'one',
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 5_000,
    })
    await bench.advance(60_100)
    // The second member's session of 30 s ended meanwhile: it was waited for until then.
    expect(leader.value).toMatchObject({ generationId: 2 })
    expect(leader.value?.members).toHaveLength(1)
  })

  it('that miss a rebalance are members of the next generation while their session lasts', async () => {
    const bench = await Bench.start()
    const statics = ['one', 'two'].map((instanceId) =>
      bench.join({ instanceId, sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 5_000 }),
    )
    await bench.advance(6_100)
    const ids = statics.map(({ value }) => value?.memberId ?? '') as [string, string]
    bench.sync({ memberId: ids[0], instanceId: 'one', assignments: {} })
    bench.sync({ memberId: ids[1], instanceId: 'two' })
    await flush()
    const leader = bench.join({
      memberId: ids[0],
      instanceId: 'one',
      sessionTimeoutMs: 100_000,
      rebalanceTimeoutMs: 5_000,
    })
    await bench.advance(5_100)
    expect(leader.value).toMatchObject({ generationId: 2 })
    expect(leader.value?.members.map(({ memberId }) => memberId)).toContain(ids[1])
  })

  it('are refused by id of another instance, and unknown without theirs in the group', async () => {
    const { bench, ids } = await twoStatics()
    const wrong = bench.join({ memberId: ids[0], instanceId: 'two' })
    const unknown = bench.join({ memberId: ids[0], instanceId: 'three' })
    await flush()
    expect([wrong.value?.errorCode, unknown.value?.errorCode]).toEqual([82, 25])
  })

  it('keep their old place when the record of the change is refused', async () => {
    const { bench, ids } = await twoStatics()
    bench.log.refuseWith(ErrorCode.NOT_ENOUGH_REPLICAS)
    const back = bench.join({ instanceId: 'two', sessionTimeoutMs: 30_000 })
    await flush()
    bench.log.refuseWith(undefined)
    expect(back.value?.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    expect(await bench.heartbeat({ memberId: ids[1], instanceId: 'two' })).toBe(ErrorCode.NONE)
  })
})
