import { ManualClock, seededRandom } from '@millrace/base'
import { Cluster, type MillraceError } from '@millrace/client'
import { drive, hangUp, type Intercept, noAnswer, ScriptedCluster } from '@millrace/client/testing'
import {
  AlterReplicaLogDirs,
  type Api,
  CreateTopics,
  DescribeGroups,
  DescribeLogDirs,
  ErrorCode,
  type Fields,
  IncrementalAlterConfigs,
  LeaveGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetDelete,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Admin, type Results, valuesOf } from '../src/index.ts'

async function world(brokerCount = 3) {
  const clock = new ManualClock()
  const scripted = await ScriptedCluster.start({ clock, brokerCount })
  const cluster = new Cluster({
    brokers: scripted.bootstrap,
    transport: scripted.transport,
    clock,
    random: seededRandom(5),
  })
  const admin = new Admin({ cluster })
  return { clock, scripted, cluster, admin, run: <T>(promise: Promise<T>) => drive(clock, promise) }
}

/** What became of each item: its value, or the name of its error. */
function outcomes<T>(results: Results<T>) {
  return Object.fromEntries(
    Array.from(results, ([key, result]) => [key, result.ok ? result.value : result.error.brokerError]),
  )
}

describe('topics', () => {
  it('are created, described and deleted with a result for each', async () => {
    const { scripted, admin, run } = await world()
    scripted.createTopic('old', 1)
    const created = await run(admin.createTopics([{ name: 'orders', partitions: 3 }, { name: 'old' }]))
    expect(outcomes(created)).toMatchObject({ orders: { partitions: 3 }, old: 'TOPIC_ALREADY_EXISTS' })
    expect(await run(admin.listTopics())).toEqual(['old', 'orders'])

    const described = outcomes(await run(admin.describeTopics(['orders', 'nope'])))
    expect(described.nope).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(described.orders).toMatchObject({
      partitions: [
        { partition: 0, leader: 1 },
        { partition: 1, leader: 2 },
        { partition: 2, leader: 3 },
      ],
    })
    expect(outcomes(await run(admin.deleteTopics(['orders', 'nope'])))).toEqual({
      orders: undefined,
      nope: 'UNKNOWN_TOPIC_OR_PARTITION',
    })
    expect([...scripted.topics.keys()]).toEqual(['old'])
  })

  it('are asked for again only where that may help', async () => {
    const { scripted, admin, run } = await world(1)
    const remove = scripted.intercept(CreateTopics, ({ body }) => {
      remove()
      const codes = [ErrorCode.NONE, ErrorCode.INVALID_PARTITIONS, ErrorCode.NOT_CONTROLLER]
      return { topics: body.topics.map(({ name }, index) => ({ name, errorCode: codes[index] ?? 0 })) }
    })
    const results = await run(admin.createTopics([{ name: 'a' }, { name: 'b' }, { name: 'c' }]))
    expect(outcomes(results)).toMatchObject({ b: 'INVALID_PARTITIONS', c: { partitions: 1 } })
    const names = scripted.seen('CreateTopics').map(({ body }) => (body as { topics: { name: string }[] }).topics)
    expect(names.map((topics) => topics.map(({ name }) => name))).toEqual([['a', 'b', 'c'], ['c']])
  })

  it('are asked for again when an answer never comes', async () => {
    const { clock, scripted, admin, run } = await world(1)
    const remove = scripted.intercept(CreateTopics, () => {
      remove()
      return noAnswer
    })
    const results = await run(admin.createTopics([{ name: 'orders', partitions: 1 }]))
    expect(outcomes(results)).toMatchObject({ orders: { partitions: 1 } })
    expect(clock.monotonic()).toBeLessThan(32_000)
  })

  it('throw their first error for who wants that', async () => {
    const { scripted, admin, run } = await world(1)
    scripted.createTopic('old', 1)
    const results = await run(admin.createTopics([{ name: 'new' }, { name: 'old' }]))
    expect(() => valuesOf(results)).toThrow('Creating topic "old" failed with TOPIC_ALREADY_EXISTS: it exists')
  })
})

describe('offsets', () => {
  it('are asked of each partition’s leader', async () => {
    const { scripted, admin, run } = await world()
    scripted.createTopic('t', 3)
    const queries = [0, 1, 2].map((partition) => ({ topic: 't', partition, at: 'latest' as const }))
    expect(outcomes(await run(admin.listOffsets(queries)))).toMatchObject({
      't-0': { offset: 0 },
      't-1': { offset: 0 },
      't-2': { offset: 0 },
    })
    const perBroker = scripted.brokers.map((broker) => broker.seen.filter(({ name }) => name === 'ListOffsets').length)
    expect(perBroker).toEqual([1, 1, 1])
  })

  it('follow a leader that moved between the question for it and the question to it', async () => {
    const { scripted, admin, run } = await world()
    scripted.createTopic('t', 2)
    const remove = scripted.intercept(ListOffsets, (_, proceed) => {
      remove()
      scripted.moveLeader('t', 0, 3)
      return proceed()
    })
    const queries = [0, 1].map((partition) => ({ topic: 't', partition, at: 'earliest' as const }))
    expect(outcomes(await run(admin.listOffsets(queries)))).toMatchObject({
      't-0': { offset: 0 },
      't-1': { offset: 0 },
    })
  })

  it('say at once which partition does not exist', async () => {
    const { clock, scripted, admin, run } = await world(1)
    scripted.createTopic('t', 1)
    const results = await run(
      admin.listOffsets([
        { topic: 't', partition: 0, at: 'latest' },
        { topic: 't', partition: 7, at: 'latest' },
        { topic: 'nope', partition: 0, at: 'latest' },
      ]),
    )
    expect(outcomes(results)).toMatchObject({
      't-0': { offset: 0 },
      't-7': 'UNKNOWN_TOPIC_OR_PARTITION',
      'nope-0': 'UNKNOWN_TOPIC_OR_PARTITION',
    })
    expect(clock.monotonic()).toBeLessThan(1000)
  })

  it('give the last error of a partition when time is up', async () => {
    const { scripted, admin, run } = await world(1)
    scripted.createTopic('t', 1)
    scripted.intercept(ListOffsets, () => ({
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: ErrorCode.OFFSET_NOT_AVAILABLE }] }],
    }))
    const query = { topic: 't', partition: 0, at: 'latest' as const }
    expect(outcomes(await run(admin.listOffsets([query], { timeoutMs: 3000 })))).toEqual({
      't-0': 'OFFSET_NOT_AVAILABLE',
    })
    expect(scripted.seen('ListOffsets').length).toBeGreaterThan(1)
  })
})

describe('listing groups', () => {
  it('asks for the brokers again when the first question gets no answer', async () => {
    const { scripted, admin, run } = await world(1)
    const remove = scripted.intercept(Metadata, () => {
      remove()
      return hangUp
    })
    // The scripted brokers have no groups to list: that they were asked is what counts.
    await expect(run(admin.listGroups())).rejects.toMatchObject({ apiName: 'ListGroups' })
    expect(scripted.seen('Metadata')).toHaveLength(2)
  })
})

describe('group offsets', () => {
  it('are committed, listed, and wait for a coordinator that loads', async () => {
    const { scripted, admin, run } = await world()
    scripted.createTopic('t', 2)
    let refusals = 2
    scripted.intercept(OffsetCommit, ({ body }, proceed) => {
      if (refusals-- <= 0) return proceed()
      const errorCode = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
      const topics = body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      }))
      return { topics }
    })
    const offsets = [
      { topic: 't', partition: 0, offset: 5 },
      { topic: 't', partition: 1, offset: 9, metadata: 'by hand' },
    ]
    expect(outcomes(await run(admin.alterGroupOffsets('g', offsets)))).toEqual({ 't-0': undefined, 't-1': undefined })
    expect(await run(admin.listGroupOffsets('g'))).toMatchObject([
      { topic: 't', partition: 0, offset: 5, metadata: '' },
      { topic: 't', partition: 1, offset: 9, metadata: 'by hand' },
    ])
  })
})

/** Makes the brokers serve an API that they do not know otherwise. */
function serve<const A extends Api<Fields, Fields>>(scripted: ScriptedCluster, api: A, answer: Intercept<A>) {
  for (const { versions } of scripted.brokers) versions.set(api.key, api.versions)
  scripted.intercept(api, answer)
}

/** Answers the first requests with `errorCode` where the script says so, then with `answer`. */
function refusals(count: number, errorCode: number) {
  let rest = count
  return () => (rest-- > 0 ? errorCode : ErrorCode.NONE)
}

describe('what may pass', () => {
  it('is asked for again: topics', async () => {
    const { scripted, admin, run } = await world()
    scripted.createTopic('t', 2)
    const code = refusals(2, ErrorCode.LEADER_NOT_AVAILABLE)
    scripted.intercept(Metadata, ({ body }, proceed) => {
      const errorCode = body.topics?.length === 0 ? ErrorCode.NONE : code()
      return errorCode === ErrorCode.NONE ? proceed() : { topics: [{ name: 't', errorCode }] }
    })
    expect(outcomes(await run(admin.describeTopics(['t'])))).toMatchObject({ t: { partitions: [{}, {}] } })
    const again = refusals(1, ErrorCode.LEADER_NOT_AVAILABLE)
    scripted.intercept(Metadata, (_, proceed) => {
      const errorCode = again()
      return errorCode === ErrorCode.NONE ? proceed() : { topics: [{ name: 't', errorCode }] }
    })
    expect(outcomes(await run(admin.describeTopics()))).toMatchObject({ t: { partitions: [{}, {}] } })
  })

  it('is asked for again: configs, and only those that it concerns', async () => {
    const { scripted, admin, run } = await world()
    const codes = new Map([
      ['a', refusals(2, ErrorCode.NOT_CONTROLLER)],
      ['b', refusals(9, ErrorCode.INVALID_CONFIG)],
    ])
    serve(scripted, IncrementalAlterConfigs, ({ body }) => ({
      responses: body.resources.map(({ resourceType, resourceName }) => {
        return { errorCode: codes.get(resourceName)?.() ?? 0, errorMessage: null, resourceType, resourceName }
      }),
    }))
    const changes = ['a', 'b'].map((name) => ({ type: 'topic' as const, name, configs: { 'retention.ms': '1' } }))
    expect(outcomes(await run(admin.alterConfigs(changes)))).toEqual({
      'topic:a': undefined,
      'topic:b': 'INVALID_CONFIG',
    })
    expect(scripted.seen('IncrementalAlterConfigs')).toHaveLength(4)
  })

  it('is asked for again: offsets of single partitions', async () => {
    const { scripted, admin, run } = await world()
    const first = refusals(2, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    serve(scripted, OffsetDelete, ({ body }) => ({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          return { partitionIndex, errorCode: partitionIndex === 0 ? first() : ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC }
        }),
      })),
    }))
    const partitions = [0, 1].map((partition) => ({ topic: 't', partition }))
    expect(outcomes(await run(admin.deleteGroupOffsets('g', partitions)))).toEqual({
      't-0': undefined,
      't-1': 'GROUP_SUBSCRIBED_TO_TOPIC',
    })
  })

  it('is asked for again: groups, each with an answer of its own', async () => {
    const { scripted, admin, run } = await world()
    const loading = refusals(1, ErrorCode.NOT_COORDINATOR)
    serve(scripted, DescribeGroups, ({ body }) => ({
      groups: body.groups.map((groupId) => ({
        groupId,
        errorCode: groupId === 'hidden' ? ErrorCode.GROUP_AUTHORIZATION_FAILED : groupId === 'a' ? loading() : 0,
        groupState: groupId === 'gone' ? 'Dead' : 'Empty',
        protocolType: 'consumer',
        protocolData: '',
        members: [],
      })),
    }))
    expect(outcomes(await run(admin.describeGroups(['a', 'hidden', 'gone'])))).toMatchObject({
      a: { state: 'Empty', members: [] },
      hidden: 'GROUP_AUTHORIZATION_FAILED',
      gone: 'GROUP_ID_NOT_FOUND',
    })
  })
})

describe('members of a group', () => {
  it('are taken out by instance or by id, with a result for each', async () => {
    const { scripted, admin, run } = await world()
    serve(scripted, LeaveGroup, ({ body }) => ({
      members: body.members.map(({ memberId, groupInstanceId }) => {
        const errorCode = memberId === 'm-2' ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE
        return { memberId: memberId === '' ? 'm-1' : memberId, groupInstanceId, errorCode }
      }),
    }))
    const results = await run(admin.removeGroupMembers('g', [{ groupInstanceId: 'i-1' }, { memberId: 'm-2' }]))
    expect(outcomes(results)).toEqual({ 'i-1': undefined, 'm-2': 'UNKNOWN_MEMBER_ID' })
    expect(scripted.seen('LeaveGroup')[0]?.body).toMatchObject({
      members: [{ memberId: '', groupInstanceId: 'i-1' }, { memberId: 'm-2' }],
    })
  })
})

describe('log directories', () => {
  it('are described with their volumes, and with replicas that move there', async () => {
    const { scripted, admin, run } = await world(1)
    const partition = { partitionIndex: 0, partitionSize: 70, offsetLag: 0, isFutureKey: false }
    serve(scripted, DescribeLogDirs, () => ({
      results: [
        {
          errorCode: 0,
          logDir: '/a',
          topics: [{ name: 't', partitions: [partition] }],
          totalBytes: 1000,
          usableBytes: 400,
        },
        {
          errorCode: 0,
          logDir: '/b',
          topics: [{ name: 't', partitions: [{ ...partition, partitionSize: 30, offsetLag: 4, isFutureKey: true }] }],
        },
        { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: '/c', topics: [] },
      ],
    }))
    const found = (await run(admin.describeLogDirs())).get(1) ?? []
    expect(found.map((result) => (result.ok ? result.value : result.error.brokerError))).toEqual([
      {
        path: '/a',
        totalBytes: 1000,
        usableBytes: 400,
        partitions: [{ topic: 't', partition: 0, size: 70, isFuture: false, offsetLag: 0 }],
      },
      {
        path: '/b',
        totalBytes: -1,
        usableBytes: -1,
        partitions: [{ topic: 't', partition: 0, size: 30, isFuture: true, offsetLag: 4 }],
      },
      'KAFKA_STORAGE_ERROR',
    ])
  })

  it('take replicas from each other, broker by broker, with a result for each that is not asked for again', async () => {
    const { scripted, admin, run } = await world(2)
    serve(scripted, AlterReplicaLogDirs, ({ body }) => ({
      results: body.dirs.flatMap(({ path, topics }) =>
        topics.map(({ name, partitions }) => ({
          topicName: name,
          partitions: partitions.map((partitionIndex) => ({
            partitionIndex,
            errorCode: path === '/b' ? (partitionIndex === 9 ? ErrorCode.REPLICA_NOT_AVAILABLE : 0) : 57,
          })),
        })),
      ),
    }))
    const moved = await run(
      admin.alterReplicaLogDirs([
        { topic: 't', partition: 0, brokerId: 1, directory: '/b' },
        { topic: 't', partition: 9, brokerId: 1, directory: '/b' },
        { topic: 'u', partition: 0, brokerId: 1, directory: '/nowhere' },
        { topic: 't', partition: 0, brokerId: 2, directory: '/b' },
      ]),
    )
    expect(outcomes(moved)).toEqual({
      't-0-1': undefined,
      't-9-1': 'REPLICA_NOT_AVAILABLE',
      'u-0-1': 'LOG_DIR_NOT_FOUND',
      't-0-2': undefined,
    })
    expect(scripted.seen('AlterReplicaLogDirs').map(({ body }) => body)).toEqual([
      {
        dirs: [
          { path: '/b', topics: [{ name: 't', partitions: [0, 9] }] },
          { path: '/nowhere', topics: [{ name: 'u', partitions: [0] }] },
        ],
      },
      { dirs: [{ path: '/b', topics: [{ name: 't', partitions: [0] }] }] },
    ])
  })
})

describe('failures', () => {
  it('reject when no broker answers, naming what was asked', async () => {
    const { scripted, admin, run } = await world(1)
    await scripted.stop()
    const error = await run(
      admin.createTopics([{ name: 'a' }], { timeoutMs: 2000 }).catch((cause) => cause as MillraceError),
    )
    expect(error).toMatchObject({ name: 'MillraceError' })
    expect((error as MillraceError).message).toContain('broker1:9092')
  })

  it('end with the caller’s signal', async () => {
    const { scripted, admin, run } = await world(1)
    scripted.intercept(Metadata, () => hangUp)
    const controller = new AbortController()
    const listed = admin.listTopics({ signal: controller.signal }).catch((cause) => cause as MillraceError)
    controller.abort(new Error('enough'))
    expect(await run(listed)).toMatchObject({ code: 'aborted' })
  })

  it('leave a shared cluster open, and close their own', async () => {
    const { scripted, clock, cluster, admin, run } = await world(1)
    await run(cluster.metadata())
    await admin.close()
    await run(cluster.metadata())
    const own = new Admin({ brokers: scripted.bootstrap, transport: scripted.transport, clock })
    await run(own.listTopics())
    await own.close()
    await expect(own.listTopics()).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('a request that the scripted cluster does not know', () => {
  it('is refused by name', async () => {
    const { admin, run, scripted } = await world(1)
    expect(scripted.broker(1).versions.has(DescribeGroups.key)).toBe(false)
    const error = await run(admin.describeGroups(['g']).catch((cause) => cause as MillraceError))
    expect(error).toMatchObject({ code: 'unsupported-version', apiName: 'DescribeGroups' })
  })
})
