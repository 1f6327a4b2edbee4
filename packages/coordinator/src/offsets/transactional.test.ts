import type { TxnOffsetCommitRequest } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Bench, flush, watch } from '../../test/bench.ts'

const producer = { producerId: 7, producerEpoch: 2 }

function request(fields: Partial<TxnOffsetCommitRequest> = {}, committedOffset = 5): TxnOffsetCommitRequest {
  return {
    transactionalId: 't',
    groupId: 'g',
    ...producer,
    generationId: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [
      {
        name: 'orders',
        partitions: [{ partitionIndex: 0, committedOffset, committedLeaderEpoch: 1, committedMetadata: null }],
      },
    ],
    ...fields,
  }
}

async function commit(
  bench: Bench,
  fields: Partial<TxnOffsetCommitRequest> = {},
  offset = 5,
): Promise<number | undefined> {
  const response = await bench.coordinator.commitTransactionalOffsets(request(fields, offset), bench.context(5))
  return response.topics[0]?.partitions[0]?.errorCode
}

function end(bench: Bench, committed: boolean, of = producer): Promise<number> {
  return bench.coordinator.completeTransaction(0, { ...of, coordinatorEpoch: 3, committed })
}

const stable = { requireStable: true }

describe('offsets in a transaction', () => {
  it('take effect when the transaction commits', async () => {
    const bench = await Bench.start()
    expect(await commit(bench)).toBe(0)
    expect(await bench.offsets('g', { orders: [0] })).toEqual({ orders: { 0: -1 } })
    expect(await bench.offsets('g', { orders: [0] }, stable)).toEqual({ orders: { 0: 'error 88' } })
    expect(await bench.offsets('g', null, stable)).toEqual({ orders: { 0: 'error 88' } })
    expect(await end(bench, true)).toBe(0)
    expect(await bench.offsets('g', null, stable)).toEqual({ orders: { 0: 5 } })
  })

  it('leave no trace when it aborts', async () => {
    const bench = await Bench.start()
    await bench.commit({ orders: { 0: 2 } })
    await commit(bench)
    await end(bench, false)
    expect(await bench.offsets('g', null, stable)).toEqual({ orders: { 0: 2 } })
  })

  it('do not undo a commit that came after them', async () => {
    const bench = await Bench.start()
    await commit(bench)
    await bench.commit({ orders: { 0: 9 } })
    await end(bench, true)
    expect(await bench.offsets()).toEqual({ orders: { 0: 9 } })
  })

  it('of two producers are apart', async () => {
    const bench = await Bench.start()
    const other = { producerId: 8, producerEpoch: 0 }
    await commit(bench, {}, 5)
    await commit(bench, other, 6)
    await end(bench, true, other)
    expect(await bench.offsets()).toEqual({ orders: { 0: 6 } })
    expect(await bench.offsets('g', null, stable)).toEqual({ orders: { 0: 'error 88' } })
    await end(bench, true)
    expect(await bench.offsets('g', null, stable)).toEqual({ orders: { 0: 6 } })
  })

  it('survive a move of the coordinator, open and ended', async () => {
    const first = await Bench.start()
    await commit(first)
    first.coordinator.close()
    const second = await Bench.start({ logs: first.logs })
    expect(await second.offsets('g', { orders: [0] }, stable)).toEqual({ orders: { 0: 'error 88' } })
    await end(second, true)
    second.coordinator.close()
    const third = await Bench.start({ logs: first.logs })
    expect(await third.offsets()).toEqual({ orders: { 0: 5 } })
  })

  it('are taken back with a marker that is lost', async () => {
    const bench = await Bench.start()
    await commit(bench)
    bench.log.autoCommit(false)
    const ended = watch(end(bench, true))
    bench.log.failFrom(bench.log.highWatermark)
    await flush()
    expect(ended.value).toBe(15)
    bench.log.autoCommit()
    expect(await bench.offsets('g', { orders: [0] }, stable)).toEqual({ orders: { 0: 'error 88' } })
  })

  it('keep the group and its offsets from expiring', async () => {
    const bench = await Bench.start({ config: { offsetsRetentionMs: 60_000, offsetsRetentionCheckMs: 10_000 } })
    await bench.commit({ orders: { 0: 2 } })
    await commit(bench)
    await bench.advance(100_000)
    expect(await bench.offsets()).toEqual({ orders: { 0: 2 } })
  })

  it('go with the group when it is deleted', async () => {
    const bench = await Bench.start()
    await bench.commit({ orders: { 1: 2 } })
    await commit(bench)
    expect((await bench.deleteGroups('g')).results[0]?.errorCode).toBe(0)
    await end(bench, true)
    expect(await bench.offsets()).toEqual({})
  })

  it('are checked against the group as others are, but for a rebalance', async () => {
    const bench = await Bench.start()
    const { ids, generation } = await bench.stable()
    const memberId = ids[0] as string
    expect(await commit(bench, { memberId, generationId: generation + 1 })).toBe(22)
    expect(await commit(bench, { memberId: 'x', generationId: generation })).toBe(25)
    expect(await commit(bench, { groupId: 'new', memberId: 'x', generationId: 1 })).toBe(22)
    expect(await commit(bench, { groupId: '' })).toBe(24)
    bench.join({ memberId })
    await flush()
    expect(await bench.state()).toBe('CompletingRebalance')
    expect(await commit(bench, { memberId, generationId: generation + 1 })).toBe(0)
    expect(await commit(bench)).toBe(0)
  })

  it('report what the log says about the producer', async () => {
    const bench = await Bench.start()
    bench.log.refuseWith(49)
    expect(await commit(bench)).toBe(49)
  })
})
