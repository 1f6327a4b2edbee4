import { describe, expect, it } from 'vitest'
import { Bench, subscription } from '../../test/bench.ts'

const config = { offsetsRetentionMs: 60_000, offsetsRetentionCheckMs: 10_000 }
const session = { sessionTimeoutMs: 1_800_000 }

describe('offset expiry', () => {
  it('counts from the commit for offsets without a group', async () => {
    const bench = await Bench.start({ config })
    await bench.commit({ orders: { 0: 1 } })
    await bench.advance(30_000)
    await bench.commit({ orders: { 1: 1 } })
    await bench.advance(40_000)
    expect(await bench.offsets()).toEqual({ orders: { 1: 1 } })
    await bench.advance(30_000)
    expect(await bench.offsets()).toEqual({})
    expect(await bench.state()).toBe('Dead')
  })

  it('counts from when the group became empty, and then deletes the group', async () => {
    const bench = await Bench.start({ config })
    const { ids, generation } = await bench.stable(1, session)
    await bench.commit({ orders: { 0: 1 } }, { memberId: ids[0] as string, generation })
    await bench.advance(100_000)
    expect(await bench.offsets()).toEqual({ orders: { 0: 1 } })
    await bench.leave({ memberId: ids[0] as string })
    await bench.advance(55_000)
    expect(await bench.offsets()).toEqual({ orders: { 0: 1 } })
    await bench.advance(20_000)
    expect(await bench.offsets()).toEqual({})
    expect(await bench.state()).toBe('Dead')
    expect(bench.records().at(-1)).toEqual({ type: 'GroupMetadata', key: { group: 'g' }, value: null, version: null })
  })

  it('takes topics that a stable group no longer subscribes to', async () => {
    const bench = await Bench.start({ config })
    const { ids, generation } = await bench.stable(1, { ...session, protocols: [['range', subscription('orders')]] })
    await bench.commit({ orders: { 0: 1 }, payments: { 0: 1 } }, { memberId: ids[0] as string, generation })
    await bench.advance(80_000)
    expect(await bench.offsets()).toEqual({ orders: { 0: 1 } })
    expect(await bench.state()).toBe('Stable')
  })

  it('takes nothing from a group of another protocol with members', async () => {
    const bench = await Bench.start({ config })
    const { ids, generation } = await bench.stable(1, { ...session, protocolType: 'connect' })
    await bench.commit({ payments: { 0: 1 } }, { memberId: ids[0] as string, generation })
    await bench.advance(200_000)
    expect(await bench.offsets()).toEqual({ payments: { 0: 1 } })
  })

  it('follows an explicit expiry instead, sooner or later', async () => {
    const bench = await Bench.start({ config })
    await bench.commit({ orders: { 0: 1 } }, { version: 4, retentionMs: 15_000 })
    await bench.commit({ orders: { 1: 1 } }, { version: 4, retentionMs: 150_000 })
    await bench.commit({ orders: { 2: 1 } }, { version: 4 })
    await bench.advance(20_100)
    expect(await bench.offsets()).toEqual({ orders: { 1: 1, 2: 1 } })
    await bench.advance(60_000)
    expect(await bench.offsets()).toEqual({ orders: { 1: 1 } })
    await bench.advance(80_000)
    expect(await bench.offsets()).toEqual({})
  })

  it('takes an expiry beyond all time for never', async () => {
    const bench = await Bench.start({ config })
    const answer = await bench.commit({ orders: { 0: 1 } }, { version: 4, retentionMs: Number.MAX_SAFE_INTEGER })
    expect(answer).toEqual({ orders: { 0: 0 } })
    await bench.advance(100_000)
    expect(await bench.offsets()).toEqual({ orders: { 0: 1 } })
  })

  it('deletes empty groups without offsets, but not while someone holds an id', async () => {
    const bench = await Bench.start({ config })
    bench.join({ sessionTimeoutMs: 25_000 })
    await bench.advance(20_100)
    expect(await bench.state()).toBe('Empty')
    await bench.advance(10_000)
    expect(await bench.state()).toBe('Dead')
  })

  it('writes batches of bounded size', async () => {
    const bench = await Bench.start({ config })
    bench.metadata.topics.set('wide', { topicId: 'AAAAAAAAAAAAAAAAAAAAKg', partitionCount: 2500 })
    const offsets = Object.fromEntries(Array.from({ length: 2500 }, (_, partition) => [partition, 1]))
    await bench.commit({ wide: offsets })
    const before = bench.log.batchCount
    await bench.advance(70_100)
    expect(bench.log.batchCount - before).toBe(3)
    expect(await bench.state()).toBe('Dead')
  })

  it('goes on after the log refused it', async () => {
    const bench = await Bench.start({ config })
    await bench.commit({ orders: { 0: 1 } })
    bench.log.refuseWith(19)
    await bench.advance(70_000)
    bench.log.refuseWith(undefined)
    await bench.advance(1_000)
    expect(await bench.offsets()).toEqual({})
  })
})
