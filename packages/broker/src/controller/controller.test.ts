import { ManualClock, seededRandom, silentLogger } from '@millrace/base'
import { type ControllerSettings, createTopics, type MetadataImage, MetadataLoader } from '@millrace/metadata'
import type { MetadataRecord } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Controller, type MetadataLogWriter, NotControllerError } from './controller.ts'

const settings: ControllerSettings = {
  partitionCountDefault: 1,
  replicationFactorDefault: 1,
  sessionTimeoutMs: 9000,
  clusterId: 'Some4ClusterId5Of22abc',
  deleteTopicEnable: true,
  configRules: { topicProblem: () => undefined, topicValue: () => '1' },
}

const registration: MetadataRecord = {
  type: 'RegisterControllerRecord',
  version: 0,
  data: {
    controllerId: 1,
    incarnationId: 'AAAAAAAAAAAAAAAAAAAAKw',
    zkMigrationReady: false,
    endPoints: [],
    features: [],
  },
}

/** A metadata log that commits when the test says so, and takes nothing once it has lost its lead. */
class SlowLog implements MetadataLogWriter {
  readonly records: MetadataRecord[] = []
  isLeading = true

  get endOffset(): number {
    return this.records.length
  }

  propose(records: readonly MetadataRecord[]): boolean {
    if (this.isLeading) this.records.push(...records)
    return this.isLeading
  }

  /** What a reader of the first `endOffset` records knows. */
  image(endOffset: number): MetadataImage {
    const loader = new MetadataLoader()
    loader.load(this.records.slice(0, endOffset), 0)
    return loader.image
  }
}

function setUp() {
  const clock = new ManualClock()
  const controller = new Controller({
    settings,
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    minInsyncReplicas: 1,
    registration: () => registration,
  })
  return { controller, clock, log: new SlowLog() }
}

/** Where a promise is, without waiting for it. */
async function stateOf(promise: Promise<unknown>): Promise<'waiting' | 'resolved' | 'rejected'> {
  let state: 'waiting' | 'resolved' | 'rejected' = 'waiting'
  promise.then(
    () => {
      state = 'resolved'
    },
    () => {
      state = 'rejected'
    },
  )
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  return state
}

const config = (name: string, value: string): MetadataRecord => ({
  type: 'ConfigRecord',
  version: 0,
  data: { resourceType: 4, resourceName: '', name, value },
})

const set = (controller: Controller, name: string, value: string) =>
  controller.submit(() => ({ records: [config(name, value)], reply: `${name}=${value}` }))

const configValue = (controller: Controller, name: string) =>
  [...(controller.image?.configs.values() ?? [])]
    .map((configs) => configs.get(name))
    .find((value) => value !== undefined)

describe('an active controller', () => {
  it('begins an empty log with the bootstrap records and itself', () => {
    const { controller, log } = setUp()
    controller.activate(log, new MetadataLoader().image)
    const types = log.records.map(({ type }) => type)
    expect(types[0]).toBe('BeginTransactionRecord')
    expect(types.at(-1)).toBe('RegisterControllerRecord')
    expect(types).toContain('EndTransactionRecord')
  })

  it('does not begin a log twice', () => {
    const { controller, log } = setUp()
    controller.activate(log, new MetadataLoader().image)
    const begun = log.endOffset
    controller.resign()
    controller.activate(log, log.image(begun))
    expect(log.endOffset).toBe(begun + 1)
  })

  it('applies at once and answers when it is committed', async () => {
    const { controller, log } = setUp()
    controller.activate(log, new MetadataLoader().image)
    const answer = set(controller, 'a', '1')
    expect(configValue(controller, 'a')).toBe('1')
    expect(await stateOf(answer)).toBe('waiting')
    controller.committed(log.endOffset - 1)
    expect(await stateOf(answer)).toBe('waiting')
    controller.committed(log.endOffset)
    await expect(answer).resolves.toBe('a=1')
  })

  it('lets no answer pass the decisions that it rests on', async () => {
    const { controller, log } = setUp()
    controller.activate(log, new MetadataLoader().image)
    controller.committed(log.endOffset)
    const change = set(controller, 'a', '1')
    const read = controller.submit(() => ({ records: [], reply: configValue(controller, 'a') }))
    expect(await stateOf(read)).toBe('waiting')
    controller.committed(log.endOffset)
    await expect(read).resolves.toBe('1')
    await expect(change).resolves.toBe('a=1')
  })

  it('answers at once what rests on committed state alone', async () => {
    const { controller, log } = setUp()
    controller.activate(log, new MetadataLoader().image)
    controller.committed(log.endOffset)
    await expect(controller.submit(() => ({ records: [], reply: 'now' }))).resolves.toBe('now')
  })

  it('answers in the order of commits, several in one step', async () => {
    const { controller, log } = setUp()
    controller.activate(log, new MetadataLoader().image)
    const order: string[] = []
    const answers = ['1', '2', '3'].map((value) => set(controller, 'a', value).then((reply) => order.push(reply)))
    controller.committed(log.endOffset)
    await Promise.all(answers)
    expect(order).toEqual(['a=1', 'a=2', 'a=3'])
  })

  it('decides on what it decided before, committed or not', async () => {
    const { controller, log } = setUp()
    controller.activate(log, new MetadataLoader().image)
    const topic = { name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const register = controller.submit(() => ({ records: [broker], reply: undefined }))
    const create = () =>
      controller.submit((context) => createTopics(context, { topics: [topic], timeoutMs: 0, validateOnly: false }))
    const answers = [create(), create()]
    controller.committed(log.endOffset)
    await register
    expect((await Promise.all(answers)).map(([created]) => created?.errorCode)).toEqual([0, 36])
  })
})

const broker: MetadataRecord = {
  type: 'RegisterBrokerRecord',
  version: 4,
  data: {
    brokerId: 1,
    isMigratingZkBroker: false,
    incarnationId: 'AAAAAAAAAAAAAAAAAAAAKw',
    brokerEpoch: 5,
    endPoints: [],
    features: [],
    rack: null,
    fenced: false,
    inControlledShutdown: false,
    logDirs: ['AAAAAAAAAAAAAAAAAAAAqw'],
    cordonedLogDirs: null,
  },
}

describe('a controller that loses its lead', () => {
  it('fails what was not committed, and forgets it', async () => {
    const { controller, log } = setUp()
    controller.activate(log, new MetadataLoader().image)
    const committed = set(controller, 'a', '1')
    controller.committed(log.endOffset)
    const committedOffset = log.endOffset
    const lost = set(controller, 'a', '2')
    controller.resign()
    await expect(committed).resolves.toBe('a=1')
    await expect(lost).rejects.toBeInstanceOf(NotControllerError)
    expect(controller.isActive).toBe(false)

    log.records.length = committedOffset
    controller.activate(log, log.image(committedOffset))
    expect(configValue(controller, 'a')).toBe('1')
  })

  it('refuses what the log does not take, and does not apply it', async () => {
    const { controller, log } = setUp()
    controller.activate(log, new MetadataLoader().image)
    log.isLeading = false
    await expect(set(controller, 'a', '1')).rejects.toBeInstanceOf(NotControllerError)
    expect(configValue(controller, 'a')).toBeUndefined()
  })

  it('refuses requests while another node is active', async () => {
    const { controller } = setUp()
    await expect(set(controller, 'a', '1')).rejects.toBeInstanceOf(NotControllerError)
    expect(controller.image).toBeUndefined()
  })

  it('tells those who wait when it is active', async () => {
    const { controller, log } = setUp()
    const waiting = controller.whenActive()
    expect(await stateOf(waiting)).toBe('waiting')
    controller.activate(log, new MetadataLoader().image)
    await waiting
    await controller.whenActive()
  })
})

describe('sessions of brokers', () => {
  const isFenced = (controller: Controller) => controller.image?.brokers.get(1)?.isFenced

  function withBroker() {
    const parts = setUp()
    const { controller, log } = parts
    controller.activate(log, new MetadataLoader().image)
    log.propose([broker])
    controller.resign()
    // A new controller gives everybody a full session.
    controller.activate(log, log.image(log.endOffset))
    return parts
  }

  it('end after broker.session.timeout.ms without a word, by a record in the log', () => {
    const { controller, clock, log } = withBroker()
    clock.advance(settings.sessionTimeoutMs - 1)
    expect(isFenced(controller)).toBe(false)
    clock.advance(1)
    expect(isFenced(controller)).toBe(true)
    expect(log.image(log.endOffset).brokers.get(1)?.isFenced).toBe(true)
  })

  it('do not end on a node that is not active', () => {
    const { controller, clock, log } = withBroker()
    controller.resign()
    const before = log.endOffset
    clock.advance(10 * settings.sessionTimeoutMs)
    expect(log.endOffset).toBe(before)
    expect(clock.pendingCount).toBe(0)
  })
})
