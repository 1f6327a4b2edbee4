import { zeroUuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Bench, flush, ordersId, watch } from '../../test/bench.ts'

describe('OffsetCommit', () => {
  it('writes offset, leader epoch, metadata, time and topic id', async () => {
    const bench = await Bench.start()
    expect(await bench.commit({ orders: { 1: 42 } })).toEqual({ orders: { 1: 0 } })
    expect(bench.records()).toEqual([
      {
        type: 'OffsetCommit',
        key: { group: 'g', topic: 'orders', partition: 1 },
        version: 4,
        value: {
          offset: 42,
          leaderEpoch: 4,
          metadata: 'm',
          commitTimestamp: bench.clock.now(),
          expireTimestamp: -1,
          topicId: ordersId,
        },
      },
    ])
    expect(await bench.offsets()).toEqual({ orders: { 1: 42 } })
  })

  it('answers after the commit of the record, and shows it then', async () => {
    const bench = await Bench.start()
    bench.log.autoCommit(false)
    const answer = watch(bench.commit({ orders: { 0: 1 } }))
    await flush()
    expect(answer.value).toBeUndefined()
    expect(await bench.offsets()).toEqual({})
    bench.log.commitAll()
    await flush()
    expect(answer.value).toEqual({ orders: { 0: 0 } })
    expect(await bench.offsets()).toEqual({ orders: { 0: 1 } })
  })

  it('names topics by id from version 10 on', async () => {
    const bench = await Bench.start()
    expect(await bench.commit({ orders: { 0: 1 }, unknown: { 0: 1 } }, { version: 10 })).toEqual({
      orders: { 0: 0 },
      [zeroUuid]: { 0: ErrorCode.UNKNOWN_TOPIC_ID },
    })
    expect(await bench.offsets()).toEqual({ orders: { 0: 1 } })
  })

  it('refuses partitions that do not exist, each by itself, before anything about the group', async () => {
    const bench = await Bench.start()
    const offsets = { none: { 0: 1 }, orders: { 0: 1, 2: 1, 3: 1, [-1]: 1 } }
    expect(await bench.commit(offsets, { memberId: 'x', generation: 3 })).toEqual({
      none: { 0: 3 },
      orders: { 0: 69, 2: 69, 3: 3, [-1]: 3 },
    })
    expect(await bench.commit({ none: { 0: 1 } }, { memberId: 'x', generation: 3 })).toEqual({ none: { 0: 3 } })
  })

  it.each([
    ['an unknown group with a generation (v9)', { groupId: 'new', generation: 0 }, ErrorCode.GROUP_ID_NOT_FOUND],
    [
      'an unknown group with a generation (v8)',
      { groupId: 'new', generation: 0, version: 8 },
      ErrorCode.ILLEGAL_GENERATION,
    ],
    ['an unknown group without one', { groupId: 'new' }, ErrorCode.NONE],
    ['the empty group id', { groupId: '' }, ErrorCode.NONE],
    ['nobody, to a group with members', {}, ErrorCode.UNKNOWN_MEMBER_ID],
    ['an unknown member', { memberId: 'x', generation: 1 }, ErrorCode.UNKNOWN_MEMBER_ID],
    ['an unknown instance', { memberId: 'x', instanceId: 'i', generation: 1 }, ErrorCode.UNKNOWN_MEMBER_ID],
  ])('decides on %s', async (_what, options, errorCode) => {
    const bench = await Bench.start()
    await bench.stable()
    expect(await bench.commit({ orders: { 0: 1 } }, options)).toEqual({ orders: { 0: errorCode } })
  })

  it('takes the member of the present generation, also while the group prepares the next', async () => {
    const bench = await Bench.start()
    const { ids, generation } = await bench.stable(2)
    const [leader, follower] = ids as [string, string]
    const commit = (memberId: string, of: number) => bench.commit({ orders: { 0: of } }, { memberId, generation: of })
    expect(await commit(follower, generation)).toEqual({ orders: { 0: 0 } })
    expect(await commit(follower, generation - 1)).toEqual({ orders: { 0: ErrorCode.ILLEGAL_GENERATION } })
    bench.join({ memberId: leader })
    await flush()
    expect(await commit(follower, generation)).toEqual({ orders: { 0: 0 } })
    bench.join({ memberId: follower })
    await flush()
    expect(await commit(follower, generation + 1)).toEqual({ orders: { 0: ErrorCode.REBALANCE_IN_PROGRESS } })
    expect(await commit(follower, generation)).toEqual({ orders: { 0: ErrorCode.ILLEGAL_GENERATION } })
  })

  it('takes anyone without generation while the group is empty', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable()
    await bench.leave({ memberId: ids[0] as string })
    expect(await bench.commit({ orders: { 0: 7 } })).toEqual({ orders: { 0: 0 } })
    expect(await bench.commit({ orders: { 0: 7 } }, { memberId: ids[0] as string, generation: 1 })).toEqual({
      orders: { 0: ErrorCode.UNKNOWN_MEMBER_ID },
    })
  })

  it('limits metadata by characters, and stores null as nothing', async () => {
    const bench = await Bench.start()
    expect(await bench.commit({ orders: { 0: 1 } }, { metadata: 'é'.repeat(4096) })).toEqual({ orders: { 0: 0 } })
    expect(await bench.commit({ orders: { 0: 1 } }, { metadata: 'x'.repeat(4097) })).toEqual({
      orders: { 0: ErrorCode.OFFSET_METADATA_TOO_LARGE },
    })
    await bench.commit({ orders: { 1: 1 } }, { metadata: null })
    expect(bench.records().at(-1)).toMatchObject({ value: { metadata: '' } })
  })

  it('writes an explicit expiry in the one version that can carry it', async () => {
    const bench = await Bench.start()
    await bench.commit({ orders: { 0: 1 } }, { version: 4, retentionMs: 1000 })
    expect(bench.records()[0]).toMatchObject({
      version: 1,
      value: { expireTimestamp: bench.clock.now() + 1000, leaderEpoch: -1, topicId: zeroUuid },
    })
  })

  it.each([
    [ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.INVALID_COMMIT_OFFSET_SIZE],
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
  ])('says what to do when the log refuses with %i: %i', async (refusal, told) => {
    const bench = await Bench.start()
    bench.log.refuseWith(refusal)
    expect(await bench.commit({ orders: { 0: 1 } })).toEqual({ orders: { 0: told } })
    expect(await bench.state()).toBe('Dead')
  })

  it('refuses what no record can hold, and goes on', async () => {
    const bench = await Bench.start()
    const groupId = '\uFFFD'.repeat(32_767)
    expect(await bench.commit({ orders: { 0: 1 } }, { groupId })).toEqual({
      orders: { 0: ErrorCode.UNKNOWN_SERVER_ERROR },
    })
    expect(await bench.commit({ orders: { 0: 1 } })).toEqual({ orders: { 0: 0 } })
  })

  it('gives up after the commit timeout', async () => {
    const bench = await Bench.start()
    bench.log.autoCommit(false)
    const answer = watch(bench.commit({ orders: { 0: 1 } }))
    await bench.advance(5_100)
    expect(answer.value).toEqual({ orders: { 0: ErrorCode.COORDINATOR_NOT_AVAILABLE } })
  })
})
