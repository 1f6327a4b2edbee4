import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { assignment, Bench, flush, subscription } from '../../test/bench.ts'
import { MemoryLog } from '../runtime/memory-log.ts'

describe('DescribeGroups', () => {
  it('shows members, metadata and assignment of a stable group', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable()
    expect(await bench.describe()).toEqual({
      errorCode: 0,
      errorMessage: null,
      groupId: 'g',
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      authorizedOperations: -0x80000000,
      members: [
        {
          memberId: ids[0],
          groupInstanceId: null,
          clientId: 'client',
          clientHost: '/127.0.0.1',
          memberMetadata: subscription('orders'),
          memberAssignment: assignment('orders', 0),
        },
      ],
    })
  })

  it('shows members without metadata while the group rebalances', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2)
    bench.join({ memberId: ids[0] as string })
    await flush()
    const group = await bench.describe()
    expect(group).toMatchObject({ groupState: 'PreparingRebalance', protocolType: 'consumer', protocolData: '' })
    expect(group.members.map(({ memberMetadata }) => memberMetadata.length)).toEqual([0, 0])
  })

  it('calls a group that does not exist dead, with an error from version 6 on', async () => {
    const bench = await Bench.start()
    expect(await bench.describe('never', 6)).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: 'Group never not found.',
      groupState: 'Dead',
    })
    expect(await bench.describe('never', 5)).toMatchObject({ errorCode: 0, errorMessage: null, groupState: 'Dead' })
  })

  it('does not know a group before its first record is committed', async () => {
    const bench = await Bench.start()
    bench.log.autoCommit(false)
    bench.join({ version: 3 })
    expect(await bench.state()).toBe('Dead')
    bench.log.commitAll()
    expect(await bench.state()).toBe('PreparingRebalance')
  })

  it('shows a group of offsets alone as empty', async () => {
    const bench = await Bench.start()
    await bench.commit({ orders: { 0: 5 } })
    expect(await bench.describe()).toMatchObject({ groupState: 'Empty', protocolType: '', members: [] })
  })

  it('says when the coordinator is elsewhere or loading', async () => {
    const bench = new Bench({})
    expect(await bench.describe()).toMatchObject({ errorCode: ErrorCode.NOT_COORDINATOR, groupState: '' })
  })
})

describe('ListGroups', () => {
  async function list(bench: Bench, statesFilter: string[] = [], typesFilter: string[] = []) {
    const response = await bench.coordinator.listGroups({ statesFilter, typesFilter }, bench.context(5))
    return response.errorCode === 0
      ? response.groups
          .map((group) => `${group.groupId} ${group.groupState} ${group.groupType} ${group.protocolType}`)
          .sort()
      : response.errorCode
  }

  it('lists all groups of all partitions, and filters by state and type whatever the case', async () => {
    const bench = await Bench.start({ logs: [new MemoryLog(), new MemoryLog(), new MemoryLog()] })
    await bench.stable(1, { groupId: 'one', sessionTimeoutMs: 600_000 })
    await bench.stable(1, { groupId: 'two', protocolType: 'connect', sessionTimeoutMs: 600_000 })
    await bench.commit({ orders: { 0: 1 } }, { groupId: 'three' })
    expect(await list(bench)).toEqual([
      'one Stable classic consumer',
      'three Empty classic ',
      'two Stable classic connect',
    ])
    expect(await list(bench, ['stable', 'Dead'])).toEqual(['one Stable classic consumer', 'two Stable classic connect'])
    expect(await list(bench, ['EMPTY'], ['Classic'])).toEqual(['three Empty classic '])
    expect(await list(bench, [], ['share'])).toEqual([])
  })

  it('has an error instead of half a list while a partition loads', async () => {
    const bench = await Bench.start({ logs: [new MemoryLog(), new MemoryLog()] })
    await bench.commit({ orders: { 0: 1 } }, { groupId: 'b' })
    bench.coordinator.onResignation(1)
    expect(await list(bench)).toEqual(['b Empty classic '])
    const log = bench.logs[0] as MemoryLog
    log.holdReads()
    const loading = bench.coordinator.onElection(0, 2, log)
    expect(await list(bench)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    log.releaseRead()
    await loading
    expect(await list(bench)).toEqual(['b Empty classic '])
  })
})

describe('DeleteGroups', () => {
  it('deletes an empty group with its offsets, as tombstones', async () => {
    const bench = await Bench.start()
    const { ids, generation } = await bench.stable()
    await bench.commit({ orders: { 0: 1, 1: 2 } }, { memberId: ids[0] as string, generation })
    expect((await bench.deleteGroups('g')).results).toEqual([{ groupId: 'g', errorCode: ErrorCode.NON_EMPTY_GROUP }])
    await bench.leave({ memberId: ids[0] as string })
    const count = bench.records().length
    expect((await bench.deleteGroups('g', 'never', '', 'g')).results.map(({ errorCode }) => errorCode)).toEqual([
      0, 69, 69, 69,
    ])
    expect(bench.records().slice(count)).toEqual([
      { type: 'OffsetCommit', key: { group: 'g', topic: 'orders', partition: 0 }, value: null, version: null },
      { type: 'OffsetCommit', key: { group: 'g', topic: 'orders', partition: 1 }, value: null, version: null },
      { type: 'GroupMetadata', key: { group: 'g' }, value: null, version: null },
    ])
    expect(await bench.state()).toBe('Dead')
    expect(await bench.offsets()).toEqual({})
  })

  it('deletes a group of offsets alone', async () => {
    const bench = await Bench.start()
    await bench.commit({ orders: { 0: 5 } })
    expect((await bench.deleteGroups('g')).results).toEqual([{ groupId: 'g', errorCode: 0 }])
    expect(await bench.state()).toBe('Dead')
  })

  it('voids ids that were given out and not used', async () => {
    const bench = await Bench.start()
    const join = bench.join()
    await flush()
    await bench.deleteGroups('g')
    const late = bench.join({ memberId: join.value?.memberId ?? '' })
    await flush()
    expect(late.value?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(bench.clock.pendingCount).toBe(1)
  })
})
