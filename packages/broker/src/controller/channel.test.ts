import { ManualClock, seededRandom, silentLogger } from '@millrace/base'
import { MetadataLoader } from '@millrace/metadata'
import { DescribeCluster, ListConfigResources } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { ControllerUnavailableError, LocalControllerChannel } from './channel.ts'
import { Controller, NotControllerError } from './controller.ts'
import type { ControllerRequest } from './requests.ts'

const context = { apiVersion: 0, principal: 'User:test' }
const requestTimeoutMs = 30_000

function setUp(answer: ControllerRequest['answer']) {
  const clock = new ManualClock()
  const controller = new Controller({
    settings: {
      partitionCountDefault: 1,
      replicationFactorDefault: 1,
      sessionTimeoutMs: 9000,
      clusterId: 'Some4ClusterId5Of22abc',
      deleteTopicEnable: true,
      configRules: { topicProblem: () => undefined, topicValue: () => '1' },
    },
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    minInsyncReplicas: 1,
    registration: () => ({
      type: 'RegisterControllerRecord',
      version: 0,
      data: {
        controllerId: 1,
        incarnationId: 'AAAAAAAAAAAAAAAAAAAAKw',
        zkMigrationReady: false,
        endPoints: [],
        features: [],
      },
    }),
  })
  const channel = new LocalControllerChannel(
    controller,
    [{ api: ListConfigResources, answer }],
    clock,
    requestTimeoutMs,
  )
  const activate = () => controller.activate({ endOffset: 0, propose: () => true }, new MetadataLoader().image)
  return { channel, clock, activate }
}

const ask = (channel: LocalControllerChannel, timeoutMs?: number) =>
  channel.send(
    ListConfigResources,
    { resourceTypes: [2] },
    timeoutMs === undefined ? context : { ...context, timeoutMs },
  )

describe('the channel to the controller', () => {
  it('waits for a controller to be active, and answers', async () => {
    const { channel, activate } = setUp(async (_, request) => ({ errorCode: 7, asked: request }))
    const answer = ask(channel)
    activate()
    await expect(answer).resolves.toEqual({ errorCode: 7, asked: { resourceTypes: [2] } })
  })

  it('gives up after request.timeout.ms without a controller', async () => {
    const { channel, clock } = setUp(async () => ({}))
    const answer = ask(channel)
    clock.advance(requestTimeoutMs)
    await expect(answer).rejects.toThrow('The controller did not answer ListConfigResources within 30000 ms')
    await expect(answer).rejects.toBeInstanceOf(ControllerUnavailableError)
  })

  it('gives up earlier when the caller says so', async () => {
    const { channel, clock } = setUp(async () => ({}))
    const answer = ask(channel, 5)
    clock.advance(5)
    await expect(answer).rejects.toBeInstanceOf(ControllerUnavailableError)
  })

  it('turns a controller that moved away into one that cannot be reached, and other failures into nothing else', async () => {
    const moved = setUp(() => Promise.reject(new NotControllerError('it moved')))
    moved.activate()
    await expect(ask(moved.channel)).rejects.toBeInstanceOf(ControllerUnavailableError)
    const broken = setUp(() => Promise.reject(new TypeError('a bug')))
    broken.activate()
    await expect(ask(broken.channel)).rejects.toBeInstanceOf(TypeError)
  })

  it('leaves no timer behind', async () => {
    const { channel, clock, activate } = setUp(async () => ({}))
    activate()
    const before = clock.pendingCount
    await ask(channel)
    expect(clock.pendingCount).toBe(before)
  })

  it('does not know every API', async () => {
    const { channel } = setUp(async () => ({}))
    const request = { includeClusterAuthorizedOperations: false, endpointType: 1, includeFencedBrokers: false }
    await expect(channel.send(DescribeCluster, request, context)).rejects.toThrow('does not serve DescribeCluster')
  })
})
