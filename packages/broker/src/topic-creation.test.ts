import { type Deferred, deferred, type LogFields, type Logger, silentLogger } from '@millrace/base'
import { type CreateTopicsRequest, ErrorCode, type Request, type ResponseInput } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from './config/broker-config.ts'
import { singleNodeProperties } from './config/single-node-defaults.ts'
import type { TypedApi } from './handler.ts'
import type { ControllerChannel } from './services.ts'
import { AutomaticTopicCreation } from './topic-creation.ts'

class SlowController implements ControllerChannel {
  readonly requests: CreateTopicsRequest[] = []
  readonly answers: Deferred<object>[] = []

  async send<A extends TypedApi>(_: A, request: Request<A>): Promise<ResponseInput<A>> {
    this.requests.push(request as unknown as CreateTopicsRequest)
    const answer = deferred<object>()
    this.answers.push(answer)
    return (await answer.promise) as ResponseInput<A>
  }
}

const turns = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

function setUp(config: Readonly<Record<string, string>> = {}) {
  const controller = new SlowController()
  const warnings: (LogFields | undefined)[] = []
  const logger: Logger = { ...silentLogger, warn: (_, fields) => warnings.push(fields) }
  const parsed = parseBrokerConfig(singleNodeProperties(Object.entries({ 'log.dirs': '/data', ...config })))
  return { controller, warnings, creation: new AutomaticTopicCreation(controller, parsed, logger) }
}

describe('a topic that somebody mentions', () => {
  it('is created with what the broker gives every topic', () => {
    const { controller, creation } = setUp()
    creation.request('orders')
    expect(controller.requests).toMatchObject([
      { topics: [{ name: 'orders', numPartitions: -1, replicationFactor: -1, configs: [] }], validateOnly: false },
    ])
  })

  it('is asked for once, however often it is mentioned, until that is done', async () => {
    const { controller, creation } = setUp()
    creation.request('orders')
    creation.request('orders')
    expect(controller.requests).toHaveLength(1)
    controller.answers[0]?.resolve({ topics: [{ errorCode: ErrorCode.NONE }] })
    await turns()
    creation.request('orders')
    expect(controller.requests).toHaveLength(2)
  })

  it('beyond the thousandth under way is left for later', () => {
    const { controller, creation } = setUp()
    for (let index = 0; index < 1500; index++) creation.request(`topic-${index}`)
    expect(controller.requests).toHaveLength(1000)
  })

  it('that cannot be created is named in the log; one that is there already is not', async () => {
    const { controller, creation, warnings } = setUp()
    for (const name of ['a', 'b', 'c']) creation.request(name)
    controller.answers[0]?.resolve({ topics: [{ errorCode: ErrorCode.TOPIC_ALREADY_EXISTS }] })
    controller.answers[1]?.resolve({ topics: [{ errorCode: ErrorCode.INVALID_REPLICATION_FACTOR }] })
    controller.answers[2]?.reject(new Error('no controller'))
    await turns()
    expect(warnings.map((fields) => fields?.topic)).toEqual(['b', 'c'])
  })
})

describe('the topic of the offsets', () => {
  it('gets its settings from offsets.topic.*', () => {
    const { controller, creation } = setUp({
      'offsets.topic.num.partitions': '7',
      'offsets.topic.replication.factor': '2',
      'offsets.topic.segment.bytes': '2097152',
      'request.timeout.ms': '1234',
    })
    creation.request('__consumer_offsets')
    expect(controller.requests[0]).toMatchObject({ timeoutMs: 1234 })
    expect(controller.requests[0]?.topics).toMatchObject([
      {
        numPartitions: 7,
        replicationFactor: 2,
        configs: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'compression.type', value: 'producer' },
          { name: 'segment.bytes', value: '2097152' },
        ],
      },
    ])
  })
})
