import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Bench, flush, ordersId, subscription } from '../../test/bench.ts'
import type { MemoryLog } from '../runtime/memory-log.ts'

describe('OffsetDelete', () => {
  it('deletes offsets that nobody is subscribed to, with an error for each of the others', async () => {
    const bench = await Bench.start()
    const { ids, generation } = await bench.stable()
    await bench.commit({ orders: { 0: 1 }, payments: { 0: 1 } }, { memberId: ids[0] as string, generation })
    const response = await bench.deleteOffsets({ payments: [0, 1], orders: [0], unknown: [0] })
    expect(response).toEqual({
      errorCode: 0,
      throttleTimeMs: 0,
      topics: [
        {
          name: 'payments',
          partitions: [
            { partitionIndex: 0, errorCode: 0 },
            { partitionIndex: 1, errorCode: 0 },
          ],
        },
        { name: 'orders', partitions: [{ partitionIndex: 0, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC }] },
        { name: 'unknown', partitions: [{ partitionIndex: 0, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }] },
      ],
    })
    expect(await bench.offsets()).toEqual({ orders: { 0: 1 } })
  })

  it('takes a group whose subscriptions cannot be read to use every topic', async () => {
    const bench = await Bench.start()
    await bench.stable(1, { protocols: [['range', Buffer.from([0])]] })
    const { topics } = await bench.deleteOffsets({ payments: [0] })
    expect(topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC)
  })

  it('refuses unknown groups, the empty id, and groups of other protocols with members', async () => {
    const bench = await Bench.start()
    expect((await bench.deleteOffsets({ orders: [0] })).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
    expect((await bench.deleteOffsets({ orders: [0] }, '')).errorCode).toBe(ErrorCode.INVALID_GROUP_ID)
    const { ids } = await bench.stable(1, { protocolType: 'connect' })
    expect((await bench.deleteOffsets({ orders: [0] })).errorCode).toBe(ErrorCode.NON_EMPTY_GROUP)
    await bench.leave({ memberId: ids[0] as string })
    expect((await bench.deleteOffsets({ orders: [0] })).errorCode).toBe(0)
  })

  it('knows the subscriptions of the present generation', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable()
    bench.join({ memberId: ids[0] as string, protocols: [['range', subscription('payments')]] })
    await flush()
    const { topics } = await bench.deleteOffsets({ payments: [0], orders: [0] })
    expect(topics.map(({ partitions }) => partitions[0]?.errorCode)).toEqual([86, 0])
  })
})

describe('deleted topics', () => {
  it('take their offsets with them, in use or not, and leave those of a namesake', async () => {
    const bench = await Bench.start()
    const { ids, generation } = await bench.stable()
    await bench.commit({ orders: { 0: 1, 1: 1 }, payments: { 0: 1 } }, { memberId: ids[0] as string, generation })
    await bench.commit({ orders: { 0: 1 } }, { groupId: 'simple' })
    await bench.coordinator.onTopicsDeleted([{ name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAKg' }])
    expect(await bench.offsets('simple')).toEqual({ orders: { 0: 1 } })
    await bench.coordinator.onTopicsDeleted([{ name: 'orders', topicId: ordersId }])
    expect([await bench.offsets(), await bench.offsets('simple')]).toEqual([{ payments: { 0: 1 } }, {}])
  })

  it('are dealt with in batches of bounded size', async () => {
    const bench = await Bench.start()
    bench.metadata.topics.set('wide', { topicId: ordersId, partitionCount: 2500 })
    const offsets = Object.fromEntries(Array.from({ length: 2500 }, (_, partition) => [partition, 1]))
    await bench.commit({ wide: offsets })
    const before = bench.log.batchCount
    await bench.coordinator.onTopicsDeleted([{ name: 'wide' }])
    await bench.advance(100)
    expect(bench.log.batchCount - before).toBe(3)
    expect(await bench.offsets()).toEqual({})
  })

  it('are remembered while a partition loads', async () => {
    const first = await Bench.start()
    await first.commit({ orders: { 0: 1 }, payments: { 0: 1 } })
    first.coordinator.close()
    const log = first.log as MemoryLog
    log.holdReads()
    const bench = new Bench({ logs: [log] })
    const loaded = bench.coordinator.onElection(0, 2, log)
    await bench.coordinator.onTopicsDeleted([{ name: 'orders', topicId: ordersId }])
    log.releaseRead()
    await loaded
    expect(await bench.offsets()).toEqual({ payments: { 0: 1 } })
  })
})
