/** Logs of `__consumer_offsets` as Apache Kafka 4.3.1 wrote them: what we read in them, and that we write the same. */
import { readFileSync } from 'node:fs'
import { ManualClock, zeroUuid } from '@millrace/base'
import { encodeConsumerAssignment, encodeConsumerSubscription, type GroupRecord } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { MemoryLog } from '../src/runtime/memory-log.ts'
import { Bench, decodeSegment, flush, ordersId, paymentsId } from './bench.ts'

interface KafkaRecord {
  readonly keyType: string
  readonly key: Record<string, unknown>
  readonly valueVersion?: number
  readonly value: Record<string, unknown> | null
}

function bytesOf(name: string): Buffer {
  return readFileSync(new URL(`vectors/${name}`, import.meta.url))
}

function kafkaRecords(partition: number): KafkaRecord[] {
  return bytesOf(`groups-${partition}.records.jsonl`)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** `OFFSET_COMMIT` is called `OffsetCommit` here. */
function typeName(keyType: string): string {
  return keyType.toLowerCase().replace(/(^|_)(.)/g, (_match, _start, letter: string) => letter.toUpperCase())
}

/** Like the vectors: bytes as base64, defaults of tagged fields left out. */
function plain(record: GroupRecord): unknown {
  return JSON.parse(
    JSON.stringify(record, (_key, value) => {
      if (value?.type === 'Buffer') return Buffer.from(value.data).toString('base64')
      return value
    }),
  )
}

/** A coordinator of both partitions of the fixture, at the time it was made. */
async function loaded() {
  const logs = [0, 1].map((partition) => MemoryLog.of(bytesOf(`groups-${partition}.log`)))
  const bench = await Bench.start({ logs, clock: new ManualClock(1_795_247_440_000) })
  bench.metadata.topics.clear()
  bench.metadata.topics.set('g-in', { topicId: ordersId, partitionCount: 3 })
  bench.metadata.topics.set('g-in2', { topicId: paymentsId, partitionCount: 1 })
  return bench
}

describe('a log that Apache Kafka wrote', () => {
  it.each([0, 1])('decodes record by record (partition %i)', (partition) => {
    const expected = kafkaRecords(partition)
    const decoded = decodeSegment(bytesOf(`groups-${partition}.log`))
    expect(decoded).toHaveLength(expected.length)
    decoded.forEach((record, index) => {
      const { keyType, key, value, valueVersion } = expected[index] as KafkaRecord
      expect(record.type).toBe(typeName(keyType))
      if (record.type !== 'GroupMetadata' && record.type !== 'OffsetCommit') return
      // What was never meant for this version of the value has its default.
      const shown = value === null ? null : record.type === 'OffsetCommit' ? { expireTimestamp: -1, ...value } : value
      expect(plain(record)).toEqual({ type: record.type, key, value: shown, version: valueVersion ?? null })
    })
  })

  it('holds these groups', async () => {
    const bench = await loaded()
    const { groups } = await bench.coordinator.listGroups({ statesFilter: [], typesFilter: [] }, bench.context(5))
    const shown = groups.map(
      (group) => `${group.groupId}: ${group.groupType}, ${group.groupState}, ${group.protocolType}`,
    )
    expect(shown.sort()).toEqual([
      'admin-set: classic, Empty, ',
      'classic-a: classic, Stable, consumer',
      'classic-empty: classic, Empty, consumer',
      'classic-static: classic, Stable, consumer',
      'new-a: consumer, Stable, consumer',
      'new-empty: consumer, Empty, consumer',
      'new-regex: consumer, Stable, consumer',
      'new-static: consumer, Stable, consumer',
      'share-a: share, Stable, share',
      'simple: classic, Empty, ',
      'topic-gone: classic, Empty, consumer',
      'upgraded: consumer, Stable, consumer',
    ])
  })

  it('holds these offsets', async () => {
    const bench = await loaded()
    const offsets: Record<string, unknown> = {}
    for (const groupId of [
      'classic-a',
      'classic-empty',
      'classic-static',
      'simple',
      'admin-set',
      'topic-gone',
      'new-a',
    ]) {
      offsets[groupId] = await bench.offsets(groupId)
    }
    expect(offsets).toEqual({
      'classic-a': { 'g-in': { 0: 20, 1: 20, 2: 20 } },
      'classic-empty': {},
      'classic-static': { 'g-in': { 0: 5 }, 'g-in2': { 0: 3 } },
      simple: { 'g-in': { 1: 20 } },
      'admin-set': { 'g-in': { 2: 2 } },
      'topic-gone': {},
      'new-a': { 'g-in': { 0: 20, 1: 20, 2: 20 } },
    })
  })

  it('lets members of classic groups go on, and static ones come back to their place', async () => {
    const bench = await loaded()
    const memberId = 'cl-1-90788eab-d573-4b3b-bb1e-85d98ffdcf63'
    expect(await bench.heartbeat({ groupId: 'classic-a', memberId })).toBe(0)
    const back = bench.join({ groupId: 'classic-static', instanceId: 'inst-1', sessionTimeoutMs: 45_000 })
    await flush()
    expect(back.value).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true, protocolName: 'range' })
  })

  it('keeps groups of other types as they are, and lets classic members into empty ones', async () => {
    const bench = await loaded()
    const live = bench.join({ groupId: 'new-a' })
    await flush()
    expect(live.value?.errorCode).toBe(23)
    expect((await bench.deleteGroups('new-a', 'share-a')).results.map(({ errorCode }) => errorCode)).toEqual([68, 68])
    expect(await bench.describe('new-a')).toMatchObject({
      errorCode: 69,
      errorMessage: 'Group new-a is not a classic group.',
      groupState: 'Dead',
    })
    const log = bench.logs[0] as MemoryLog
    const before = bench.records(log).length
    const join = bench.join({ groupId: 'new-empty', version: 3 })
    await bench.advance(3_100)
    expect(join.value).toMatchObject({ errorCode: 0, generationId: 1 })
    expect(
      bench
        .records(log)
        .slice(before)
        .map(({ type, value }) => `${type}${value === null ? ' deleted' : ''}`),
    ).toEqual([
      'ConsumerGroupTargetAssignmentMetadata deleted',
      'ConsumerGroupPartitionMetadata deleted',
      'ConsumerGroupMetadata deleted',
      'GroupMetadata',
    ])
    expect(await bench.offsets('new-empty')).toEqual({ 'g-in2': { 0: 10 } })
  })

  it('with transactions shows what is committed, aborted and open', async () => {
    const bench = await Bench.start({ logs: [MemoryLog.of(bytesOf('transactions-0.log'))] })
    expect(await bench.offsets('txn-group')).toEqual({ idem: { 0: 7 } })
    const stable = await bench.offsets('txn-group', null, { requireStable: true })
    expect(stable).toEqual({ idem: { 0: 'error 88' } })
  })
})

describe('what we write', () => {
  /** Records without what differs from run to run. */
  function normalised(records: readonly GroupRecord[], ids: ReadonlyMap<string, string>): string {
    let text = JSON.stringify(records.map(plain)).replace(/"(currentStateTimestamp|commitTimestamp)":\d+/g, '"$1":0')
    for (const [id, name] of ids) text = text.replaceAll(id, name)
    return text
  }

  it('is for a consumer that comes, commits and leaves what Apache Kafka writes for it', async () => {
    const subscription = encodeConsumerSubscription(3, {
      topics: ['g-in2'],
      userData: null,
      generationId: -1,
      rackId: null,
    })
    const assigned = encodeConsumerAssignment(3, {
      assignedPartitions: [{ topic: 'g-in2', partitions: [0] }],
      userData: null,
    })
    const bench = await Bench.start({ config: { initialRebalanceDelayMs: 0 } })
    bench.metadata.topics.set('g-in2', { topicId: paymentsId, partitionCount: 1 })
    const options = {
      groupId: 'classic-empty',
      clientId: 'consumer-classic-empty-1',
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 300_000,
      protocols: [['range', subscription]] as const,
    }
    const first = bench.join(options)
    await flush()
    const memberId = first.value?.memberId ?? ''
    bench.join({ ...options, memberId })
    await bench.advance(100)
    bench.sync({ groupId: 'classic-empty', memberId, assignments: { [memberId]: assigned } })
    await flush()
    const member = { groupId: 'classic-empty', memberId, generation: 1 }
    const partition = { partitionIndex: 0, committedOffset: 10, committedLeaderEpoch: 0, committedMetadata: '' }
    await bench.coordinator.commitOffsets(
      {
        groupId: member.groupId,
        memberId,
        generationIdOrMemberEpoch: 1,
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: [{ name: 'g-in2', topicId: zeroUuid, partitions: [partition] }],
      },
      bench.context(9),
    )
    await bench.coordinator.leaveGroup(
      { groupId: member.groupId, memberId: '', members: [{ memberId, groupInstanceId: null, reason: null }] },
      bench.context(5),
    )
    await bench.deleteOffsets({ 'g-in2': [0] }, 'classic-empty')

    const kafka = decodeSegment(bytesOf('groups-0.log')).filter(
      ({ key }) => 'group' in key && key.group === 'classic-empty',
    )
    const kafkaId = 'consumer-classic-empty-1-718aba52-a641-4571-a595-799af1592195'
    expect(normalised(bench.records(), new Map([[memberId, 'ID']]))).toBe(normalised(kafka, new Map([[kafkaId, 'ID']])))
  })

  it('is byte for byte the batch that Apache Kafka writes, up to times, ids and leader epoch', async () => {
    const bench = await Bench.start({ clock: new ManualClock(1_795_247_414_921) })
    bench.metadata.topics.set('g-in', { topicId: ordersId, partitionCount: 3 })
    const partition = { partitionIndex: 1, committedOffset: 20, committedLeaderEpoch: 0, committedMetadata: '' }
    await bench.coordinator.commitOffsets(
      {
        groupId: 'simple',
        memberId: '',
        generationIdOrMemberEpoch: -1,
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: [{ name: 'g-in', topicId: zeroUuid, partitions: [partition] }],
      },
      bench.context(9),
    )
    const kafka = bytesOf('groups-0.log').subarray(1404, 1404 + 131)
    const ours = bench.log.segment
    // Neither offset nor leader epoch are the coordinator's: the log sets them. The checksum does not cover them.
    expect(ours.subarray(16).toString('hex')).toBe(kafka.subarray(16).toString('hex'))
  })

  it('is byte for byte the marker that Apache Kafka writes at the end of a transaction', async () => {
    const bench = await Bench.start({ clock: new ManualClock(1_795_247_380_418) })
    const marker = { producerId: 1, producerEpoch: 8, coordinatorEpoch: 0, committed: true }
    expect(await bench.coordinator.completeTransaction(0, marker)).toBe(0)
    const kafka = bytesOf('transactions-0.log').subarray(121, 121 + 78)
    expect(bench.log.segment.subarray(16).toString('hex')).toBe(kafka.subarray(16).toString('hex'))
  })
})
