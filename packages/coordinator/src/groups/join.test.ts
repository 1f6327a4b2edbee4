import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Bench, flush, type JoinOptions, subscription } from '../../test/bench.ts'

const range = subscription('orders')

/** What matters of an answer, in one line. */
function shown(reply: { readonly value: Awaited<ReturnType<Bench['coordinator']['joinGroup']>> | undefined }): string {
  if (reply.value === undefined) return 'waits'
  const { errorCode, generationId, leader, memberId, members } = reply.value
  if (errorCode !== 0) return `error ${errorCode}`
  return `generation ${generationId}, ${leader === memberId ? 'leader' : 'follower'} of ${members.length}`
}

describe('JoinGroup', () => {
  it.each<[string, JoinOptions, number]>([
    ['an empty group id', { groupId: '' }, ErrorCode.INVALID_GROUP_ID],
    ['a session timeout below the minimum', { sessionTimeoutMs: 5_999 }, ErrorCode.INVALID_SESSION_TIMEOUT],
    ['a session timeout above the maximum', { sessionTimeoutMs: 1_800_001 }, ErrorCode.INVALID_SESSION_TIMEOUT],
    ['an unknown member of an unknown group', { memberId: 'x' }, ErrorCode.UNKNOWN_MEMBER_ID],
    ['no protocols', { protocols: [] }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
    ['no protocol type', { protocolType: '' }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
    ['a new member that knows ids (v4)', { version: 4 }, ErrorCode.MEMBER_ID_REQUIRED],
  ])('refuses %s', async (_what, options, errorCode) => {
    const bench = await Bench.start()
    const reply = bench.join(options)
    await flush()
    expect(reply.value?.errorCode).toBe(errorCode)
    expect(reply.value?.memberId).toEqual(
      errorCode === ErrorCode.MEMBER_ID_REQUIRED
        ? expect.stringMatching(/^client-[0-9a-f-]{36}$/)
        : (options.memberId ?? ''),
    )
  })

  it('keeps no trace of a join that was refused', async () => {
    const bench = await Bench.start()
    bench.join({ protocols: [] })
    bench.join({ memberId: 'x' })
    await flush()
    expect(bench.records()).toEqual([])
    expect(await bench.state()).toBe('Dead')
  })

  it('gives a new member its id first, and then waits the initial delay for others', async () => {
    const bench = await Bench.start()
    const first = bench.join()
    await flush()
    const memberId = first.value?.memberId ?? ''
    const second = bench.join({ memberId })
    await bench.advance(2_900)
    expect(shown(second)).toBe('waits')
    await bench.advance(3_200)
    expect(shown(second)).toBe('generation 1, leader of 1')
    expect(second.value).toMatchObject({
      memberId,
      protocolName: 'range',
      protocolType: 'consumer',
      skipAssignment: false,
    })
  })

  it('takes members before version 4 at once', async () => {
    const bench = await Bench.start()
    const replies = [bench.join({ version: 0 }), bench.join({ version: 3 })]
    await bench.advance(6_100)
    expect(replies.map(shown).sort()).toEqual(['generation 1, follower of 0', 'generation 1, leader of 2'])
  })

  it('extends the initial delay for each newcomer, up to the longest rebalance timeout', async () => {
    const bench = await Bench.start()
    const options = { version: 3, rebalanceTimeoutMs: 8_000 }
    const first = bench.join(options)
    for (let count = 0; count < 3; count++) {
      await bench.advance(2_000)
      bench.join(options)
    }
    await bench.advance(1_900)
    expect(shown(first)).toBe('waits')
    await bench.advance(200)
    expect(shown(first)).toBe('generation 1, leader of 4')
  })

  it('lets an id that was given out lapse after the session timeout', async () => {
    const bench = await Bench.start()
    const first = bench.join()
    await flush()
    await bench.advance(10_100)
    const late = bench.join({ memberId: first.value?.memberId ?? '' })
    await flush()
    expect(shown(late)).toBe(`error ${ErrorCode.UNKNOWN_MEMBER_ID}`)
  })

  it('waits in a rebalance for those that hold an id and have not joined', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable()
    const pending = bench.join()
    await flush()
    const again = bench.join({ memberId: ids[0] as string })
    await bench.advance(1_000)
    expect(shown(again)).toBe('waits')
    const joined = bench.join({ memberId: pending.value?.memberId ?? '' })
    await flush()
    expect([shown(again), shown(joined)]).toEqual(['generation 2, leader of 2', 'generation 2, follower of 0'])
  })

  it('refuses who has no protocol in common, and another protocol type', async () => {
    const bench = await Bench.start()
    await bench.stable()
    const replies = [bench.join({ protocols: [['sticky', range]] }), bench.join({ protocolType: 'connect' })]
    await flush()
    expect(replies.map(shown)).toEqual(['error 23', 'error 23'])
  })

  it('selects the protocol with most votes among those that all support', async () => {
    const bench = await Bench.start()
    const lists = [
      ['only-first', 'a', 'b'],
      ['b', 'a'],
      ['b', 'a'],
    ]
    const replies = lists.map((names) =>
      bench.join({ version: 3, protocols: names.map((name) => [name, Buffer.from(name)] as const) }),
    )
    await bench.advance(6_100)
    expect(replies.map(({ value }) => value?.protocolName)).toEqual(['b', 'b', 'b'])
    expect(replies[0]?.value?.members.map(({ metadata }) => `${metadata}`)).toEqual(['b', 'b', 'b'])
  })

  it('starts a rebalance when the leader joins again, not when a follower does with the same metadata', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2)
    const [leader, follower] = ids as [string, string]
    const same = bench.join({ memberId: follower })
    await flush()
    expect(shown(same)).toBe('generation 1, follower of 0')
    expect(await bench.state()).toBe('Stable')
    bench.join({ memberId: leader })
    await flush()
    expect(await bench.state()).toBe('PreparingRebalance')
  })

  it('starts a rebalance when a follower changes its metadata', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2)
    bench.join({ memberId: ids[1] as string, protocols: [['range', subscription('payments')]] })
    await flush()
    expect(await bench.state()).toBe('PreparingRebalance')
  })

  it('answers the present generation to whoever repeats a join before syncing', async () => {
    const bench = await Bench.start()
    const joins = [bench.join({ version: 3 }), bench.join({ version: 3 })]
    await bench.advance(6_100)
    const again = joins.map(({ value }) => bench.join({ memberId: value?.memberId ?? '' }))
    await flush()
    expect(again.map(shown)).toEqual(joins.map(shown))
    expect(await bench.state()).toBe('CompletingRebalance')
  })

  it('drops dynamic members that do not rejoin in time', async () => {
    const bench = await Bench.start()
    const { ids, generation } = await bench.stable(2, { rebalanceTimeoutMs: 5_000, sessionTimeoutMs: 60_000 })
    const leader = bench.join({ memberId: ids[0] as string, rebalanceTimeoutMs: 5_000 })
    await bench.advance(4_900)
    expect(shown(leader)).toBe('waits')
    await bench.advance(200)
    expect(shown(leader)).toBe('generation 2, leader of 1')
    expect(await bench.heartbeat({ memberId: ids[1] as string, generation })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('makes another member the leader when the old one does not come back', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2, { rebalanceTimeoutMs: 5_000 })
    const protocols = [['range', subscription('payments')]] as const
    const changed = bench.join({ memberId: ids[1] as string, protocols, rebalanceTimeoutMs: 5_000 })
    await bench.advance(5_100)
    expect(shown(changed)).toBe('generation 2, leader of 1')
  })

  it('answers a parked join that is repeated, so that no request stays open', async () => {
    const bench = await Bench.start()
    const { ids } = await bench.stable(2)
    const first = bench.join({ memberId: ids[0] as string })
    const second = bench.join({ memberId: ids[0] as string })
    await flush()
    expect(shown(first)).toBe(`error ${ErrorCode.REBALANCE_IN_PROGRESS}`)
    bench.join({ memberId: ids[1] as string })
    await flush()
    expect(shown(second)).toBe('generation 2, leader of 2')
  })

  it('removes a new member whose first join is not answered within five minutes', async () => {
    const bench = await Bench.start()
    const { ids, generation } = await bench.stable(1, { rebalanceTimeoutMs: 1_000_000, sessionTimeoutMs: 1_000_000 })
    const newcomer = bench.join({ version: 3 })
    await bench.advance(299_900)
    expect(shown(newcomer)).toBe('waits')
    await bench.advance(200)
    expect(shown(newcomer)).toBe(`error ${ErrorCode.UNKNOWN_MEMBER_ID}`)
    expect(await bench.heartbeat({ memberId: ids[0] as string, generation })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  it('holds no more members than allowed', async () => {
    const bench = await Bench.start({ config: { groupSizeMax: 2 } })
    const replies = Array.from({ length: 3 }, () => bench.join({ version: 3 }))
    await bench.advance(6_100)
    expect(replies.map(shown)).toEqual(['generation 1, leader of 2', 'generation 1, follower of 0', 'error 81'])
    const late = bench.join({ version: 3 })
    await flush()
    expect(shown(late)).toBe('error 81')
    const known = bench.join({ memberId: replies[0]?.value?.memberId ?? '' })
    await flush()
    expect(shown(known)).toBe('generation 1, leader of 2')
  })

  it('gives out no more ids than allowed', async () => {
    const bench = await Bench.start({ config: { pendingMembersMax: 2 } })
    const replies = Array.from({ length: 3 }, () => bench.join())
    await flush()
    expect(replies.map(shown)).toEqual(['error 79', 'error 79', 'error 81'])
  })

  it('uses the session timeout for both in version 0, and null for no protocol from version 7 on', async () => {
    const bench = await Bench.start()
    const old = bench.join({ version: 6, memberId: 'x' })
    const recent = bench.join({ version: 7, memberId: 'x' })
    await flush()
    expect([old.value?.protocolName, recent.value?.protocolName]).toEqual(['', null])
    bench.join({ version: 0, rebalanceTimeoutMs: -1, sessionTimeoutMs: 7_000 })
    await bench.advance(6_100)
    const { members } = await bench.describe()
    expect(members).toHaveLength(1)
  })

  it('refuses a member that no record can hold', async () => {
    const bench = await Bench.start()
    // Bytes that are no UTF-8 grow when the text they were read as is written again.
    const endless = '\uFFFD'.repeat(32_767)
    const replies = [bench.join({ groupId: endless }), bench.join({ clientId: endless }), bench.join()]
    await flush()
    expect(replies.map(({ value }) => value?.errorCode)).toEqual([42, 42, 79])
  })

  it('shortens an endless client id, so that the member id can be written', async () => {
    const bench = await Bench.start()
    const reply = bench.join({ clientId: '\u{1F600}'.repeat(16_000), version: 4 })
    await flush()
    expect(Buffer.byteLength(reply.value?.memberId ?? '')).toBeLessThan(32_768)
  })
})
