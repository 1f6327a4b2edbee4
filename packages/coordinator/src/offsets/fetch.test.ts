import { zeroUuid } from '@millrace/base'
import { ErrorCode, type OffsetFetchRequest } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Bench, flush, ordersId, watch } from '../../test/bench.ts'

const none = { throttleTimeMs: 0, topics: [], errorCode: 0, groups: [] }
const missing = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 }
const five = { committedOffset: 5, committedLeaderEpoch: 4, metadata: 'm', errorCode: 0 }

async function withOffset() {
  const bench = await Bench.start()
  await bench.commit({ orders: { 0: 5 } })
  return bench
}

function request(fields: Partial<OffsetFetchRequest>): OffsetFetchRequest {
  return { groupId: '', topics: [], groups: [], requireStable: false, ...fields }
}

function group(groupId: string, topics: OffsetFetchRequest['groups'][number]['topics']) {
  return { groupId, memberId: null, memberEpoch: -1, topics }
}

describe('OffsetFetch', () => {
  it.each([1, 2, 5, 7])('answers one group by topic in version %i', async (apiVersion) => {
    const bench = await withOffset()
    const topics = [
      { name: 'orders', partitionIndexes: [0, 1] },
      { name: 'unknown', partitionIndexes: [7] },
    ]
    expect(
      await bench.coordinator.fetchOffsets(request({ groupId: 'g', topics }), bench.context(apiVersion)),
    ).toMatchObject({
      ...none,
      topics: [
        {
          name: 'orders',
          partitions: [
            { partitionIndex: 0, ...five },
            { partitionIndex: 1, ...missing },
          ],
        },
        { name: 'unknown', partitions: [{ partitionIndex: 7, ...missing }] },
      ],
    })
  })

  it('answers all offsets of a group for null topics', async () => {
    const bench = await withOffset()
    const response = await bench.coordinator.fetchOffsets(request({ groupId: 'g', topics: null }), bench.context(2))
    expect(response.topics).toMatchObject([{ name: 'orders', partitions: [{ partitionIndex: 0, ...five }] }])
    const unknown = await bench.coordinator.fetchOffsets(request({ groupId: 'x', topics: null }), bench.context(2))
    expect(unknown).toEqual(none)
  })

  it('answers many groups from version 8 on', async () => {
    const bench = await withOffset()
    const topics = [{ name: 'orders', topicId: zeroUuid, partitionIndexes: [0] }]
    const groups = [group('g', topics), group('never', topics), group('g', null), group('', null)]
    const response = await bench.coordinator.fetchOffsets(request({ groups }), bench.context(9))
    expect(response).toMatchObject({
      ...none,
      groups: [
        { groupId: 'g', errorCode: 0, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, ...five }] }] },
        {
          groupId: 'never',
          errorCode: 0,
          topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, ...missing }] }],
        },
        { groupId: 'g', errorCode: 0, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, ...five }] }] },
        { groupId: '', errorCode: 0, topics: [] },
      ],
    })
  })

  it('names topics by id from version 10 on, and an unknown id in its place', async () => {
    const bench = await withOffset()
    const unknownId = 'AAAAAAAAAAAAAAAAAAAAKg'
    const topics = [unknownId, ordersId].map((topicId) => ({ name: '', topicId, partitionIndexes: [0] }))
    const groups = [group('g', topics), group('g', null)]
    const response = await bench.coordinator.fetchOffsets(request({ groups }), bench.context(10))
    expect(response.groups.map((each) => each.topics)).toMatchObject([
      [
        { topicId: unknownId, partitions: [{ partitionIndex: 0, ...missing, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }] },
        { topicId: ordersId, partitions: [{ partitionIndex: 0, ...five }] },
      ],
      [{ topicId: ordersId, partitions: [{ partitionIndex: 0, ...five }] }],
    ])
  })

  it('does not give the offsets of a topic to another of the same name', async () => {
    const bench = await withOffset()
    const again = 'AAAAAAAAAAAAAAAAAAAAKg'
    bench.metadata.topics.set('orders', { topicId: again, partitionCount: 3 })
    const groups = [group('g', [{ name: '', topicId: again, partitionIndexes: [0] }])]
    const response = await bench.coordinator.fetchOffsets(request({ groups }), bench.context(10))
    expect(response.groups[0]?.topics[0]?.partitions).toEqual([{ partitionIndex: 0, ...missing }])
  })

  it('has a group error in the partitions (v1), at the top (v2), or in the group (v8)', async () => {
    const bench = new Bench({})
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    const fetch = (fields: Partial<OffsetFetchRequest>, apiVersion: number) =>
      bench.coordinator.fetchOffsets(request(fields), bench.context(apiVersion))
    expect(await fetch({ groupId: 'g', topics }, 1)).toMatchObject({
      errorCode: 0,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: -1, errorCode: 16 }] }],
    })
    expect(await fetch({ groupId: 'g', topics }, 2)).toEqual({ ...none, errorCode: 16 })
    expect(await fetch({ groups: [group('g', null)] }, 8)).toEqual({
      ...none,
      groups: [{ groupId: 'g', errorCode: 16, topics: [] }],
    })
  })

  it('waits for what is being committed when stable offsets are required', async () => {
    const bench = await withOffset()
    bench.log.autoCommit(false)
    void bench.commit({ orders: { 0: 9 } })
    expect(await bench.offsets()).toEqual({ orders: { 0: 5 } })
    const stable = watch(bench.offsets('g', null, { requireStable: true }))
    await flush()
    expect(stable.value).toBeUndefined()
    bench.log.commitAll()
    await flush()
    expect(stable.value).toEqual({ orders: { 0: 9 } })
  })
})
