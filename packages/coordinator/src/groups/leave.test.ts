import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Bench, flush } from '../../test/bench.ts'

describe('LeaveGroup', () => {
  it('starts a rebalance for those who stay', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2)
    expect(await bench.leave({ memberId: ids[0] as string })).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
      members: [{ memberId: ids[0], groupInstanceId: null, errorCode: 0 }],
    })
    expect(await bench.state()).toBe('PreparingRebalance')
    const join = bench.join({ memberId: ids[1] as string })
    await flush()
    expect(join.value).toMatchObject({ generationId: 2, leader: ids[1] })
  })

  it('empties the group with its last member', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable()
    await bench.leave({ memberId: ids[0] as string })
    expect(await bench.state()).toBe('Empty')
    expect(bench.clock.pendingCount).toBe(1)
  })

  it('has an error for each member, and none for the group', async () => {
    const bench = await Bench.start()
    const join = bench.join({ instanceId: 'i' })
    await bench.advance(6_100)
    const memberId = join.value?.memberId ?? ''
    const { errorCode, members } = await bench.leave(
      { memberId: 'x' },
      { instanceId: 'unknown' },
      { memberId: 'x', instanceId: 'i' },
      { memberId: '', instanceId: null },
      { memberId, instanceId: 'i' },
    )
    expect(errorCode).toBe(0)
    expect(members.map((member) => member.errorCode)).toEqual([25, 25, ErrorCode.FENCED_INSTANCE_ID, 25, 0])
    expect((await bench.leave({ memberId })).members[0]?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('lets an administrator remove a static member by its instance id', async () => {
    const bench = await Bench.start()
    bench.join({ instanceId: 'i' })
    await bench.advance(6_100)
    const { members } = await bench.leave({ instanceId: 'i' })
    expect(members).toEqual([{ memberId: '', groupInstanceId: 'i', errorCode: 0 }])
    expect(await bench.state()).toBe('Empty')
  })

  it('answers what the member waits for', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2)
    const waiting = bench.join({ memberId: ids[0] as string })
    await bench.leave({ memberId: ids[0] as string })
    await flush()
    expect(waiting.value?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('of an id that was only given out ends the wait for it, and disturbs nobody', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable()
    const pending = bench.join()
    await flush()
    const memberId = pending.value?.memberId ?? ''
    expect((await bench.leave({ memberId })).members[0]?.errorCode).toBe(0)
    expect(await bench.state()).toBe('Stable')
    const other = bench.join()
    const again = bench.join({ memberId: ids[0] as string })
    await flush()
    expect(again.value).toBeUndefined()
    await bench.leave({ memberId: other.value?.memberId ?? '' })
    await flush()
    expect(again.value).toMatchObject({ generationId: 2 })
  })

  it('names one member before version 3, and answers its error', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable()
    const leave = (memberId: string) =>
      bench.coordinator.leaveGroup({ groupId: 'g', memberId, members: [] }, bench.context(2))
    expect(await leave('x')).toEqual({ throttleTimeMs: 0, errorCode: 25, members: [] })
    expect(await leave(ids[0] as string)).toEqual({ throttleTimeMs: 0, errorCode: 0, members: [] })
    const nameless = { groupId: '', memberId: 'x', members: [] }
    expect((await bench.coordinator.leaveGroup(nameless, bench.context(2))).errorCode).toBe(24)
  })
})
