import { type LogFields, type Logger, ManualClock, silentLogger } from '@millrace/base'
import {
  BrokerHeartbeat,
  type BrokerHeartbeatRequest,
  BrokerRegistration,
  type BrokerRegistrationRequest,
  ErrorCode,
  type Request,
  type ResponseInput,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { TypedApi } from './handler.ts'
import { BrokerLifecycle, type LifecycleOptions } from './lifecycle.ts'
import type { ControllerChannel } from './services.ts'

const heartbeatIntervalMs = 2000

/** A controller that answers from two lists; their last answers go on for ever. An Error is thrown. */
class ScriptedController implements ControllerChannel {
  readonly registrations: BrokerRegistrationRequest[] = []
  readonly beats: BrokerHeartbeatRequest[] = []
  readonly #answers: Record<'register' | 'beat', (object | Error)[]>

  constructor(register: (object | Error)[], beat: (object | Error)[]) {
    this.#answers = { register, beat }
  }

  answerBeats(beat: object | Error): void {
    this.#answers.beat = [beat]
  }

  async send<A extends TypedApi>(api: A, request: Request<A>): Promise<ResponseInput<A>> {
    const isBeat = api.key === BrokerHeartbeat.key
    if (isBeat) this.beats.push(request as unknown as BrokerHeartbeatRequest)
    else if (api.key === BrokerRegistration.key) {
      this.registrations.push(request as unknown as BrokerRegistrationRequest)
    }
    const answers = isBeat ? this.#answers.beat : this.#answers.register
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    if (answer instanceof Error) throw answer
    return answer as ResponseInput<A>
  }
}

const accepted = { errorCode: ErrorCode.NONE, brokerEpoch: 17 }
const fenced = { errorCode: ErrorCode.NONE, isFenced: true }
const unfenced = { errorCode: ErrorCode.NONE, isFenced: false }

function setUp(controller: ScriptedController, options: Partial<LifecycleOptions> = {}) {
  const clock = new ManualClock()
  const lifecycle = new BrokerLifecycle({
    brokerId: 1,
    clusterId: 'Some4ClusterId5Of22abc',
    incarnationId: 'AAAAAAAAAAAAAAAAAAAAKw',
    directoryIds: ['AAAAAAAAAAAAAAAAAAAAqw'],
    rack: 'r1',
    endpoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 0 }],
    previousBrokerEpoch: 11,
    heartbeatIntervalMs,
    directoryFailureTimeoutMs: 30_000,
    onFailureUnknown: () => {},
    channel: controller,
    clock,
    logger: silentLogger,
    appliedOffset: () => 99,
    ...options,
  })
  return { lifecycle, clock }
}

/** Lets time pass in small steps until the promise is settled. */
async function settle<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const end = () => {
    isSettled = true
  }
  promise.then(end, end)
  for (let step = 0; step < 10_000 && !isSettled; step++) {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    clock.advance(5)
  }
  return promise
}

const turns = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('starting', () => {
  it('registers with what the broker is, and takes the epoch', async () => {
    const controller = new ScriptedController([accepted], [unfenced])
    const { lifecycle, clock } = setUp(controller)
    expect(lifecycle.epoch).toBe(-1)
    await settle(clock, lifecycle.start())
    expect(lifecycle.epoch).toBe(17)
    expect(controller.registrations).toMatchObject([{ brokerId: 1, rack: 'r1', previousBrokerEpoch: 11 }])
    expect(controller.registrations[0]?.features.map(({ name }) => name)).toContain('metadata.version')
    lifecycle.stop()
  })

  it('waits until the controller lets it serve, saying each time how far it has read', async () => {
    const controller = new ScriptedController([accepted], [fenced, fenced, unfenced])
    const { lifecycle, clock } = setUp(controller)
    await settle(clock, lifecycle.start())
    expect(controller.beats).toHaveLength(3)
    expect(controller.beats.every((beat) => beat.currentMetadataOffset === 99 && beat.brokerEpoch === 17)).toBe(true)
    lifecycle.stop()
  })

  it('waits for its last incarnation to be given up', async () => {
    const held = { errorCode: ErrorCode.DUPLICATE_BROKER_REGISTRATION }
    const controller = new ScriptedController([held, held, accepted], [unfenced])
    const { lifecycle, clock } = setUp(controller)
    await settle(clock, lifecycle.start())
    expect(controller.registrations).toHaveLength(3)
    expect(clock.monotonic()).toBeGreaterThanOrEqual(4000)
    lifecycle.stop()
  })

  it('fails when it is refused for another reason, by name', async () => {
    const controller = new ScriptedController([{ errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID }], [unfenced])
    const { lifecycle, clock } = setUp(controller)
    await expect(settle(clock, lifecycle.start())).rejects.toThrow(
      'The controller refuses broker 1: INCONSISTENT_CLUSTER_ID',
    )
  })
})

describe('serving', () => {
  it('beats every broker.heartbeat.interval.ms', async () => {
    const controller = new ScriptedController([accepted], [unfenced])
    const { lifecycle, clock } = setUp(controller)
    await settle(clock, lifecycle.start())
    const before = controller.beats.length
    for (let count = 0; count < 3; count++) {
      clock.advance(heartbeatIntervalMs)
      await turns()
    }
    expect(controller.beats.length - before).toBe(3)
    lifecycle.stop()
    clock.advance(10 * heartbeatIntervalMs)
    expect(controller.beats.length - before).toBe(3)
    expect(clock.pendingCount).toBe(0)
  })

  it('goes on beating after one that failed, and says so', async () => {
    const warnings: (LogFields | undefined)[] = []
    const logger: Logger = { ...silentLogger, warn: (_, fields) => warnings.push(fields) }
    const controller = new ScriptedController([accepted], [unfenced])
    const { lifecycle, clock } = setUp(controller, { logger })
    await settle(clock, lifecycle.start())
    controller.answerBeats(new Error('no controller'))
    clock.advance(heartbeatIntervalMs)
    await turns()
    expect(warnings).toHaveLength(1)
    controller.answerBeats(unfenced)
    const before = controller.beats.length
    clock.advance(heartbeatIntervalMs)
    await turns()
    expect(controller.beats.length).toBe(before + 1)
    lifecycle.stop()
  })
})

describe('a log directory that fails', () => {
  it('is told at once, and in every heartbeat from then on', async () => {
    const controller = new ScriptedController([accepted], [unfenced])
    const { lifecycle, clock } = setUp(controller)
    await settle(clock, lifecycle.start())
    const before = controller.beats.length
    lifecycle.directoryFailed('AAAAAAAAAAAAAAAAAAAAqw')
    lifecycle.directoryFailed('AAAAAAAAAAAAAAAAAAAAqw')
    await turns()
    clock.advance(heartbeatIntervalMs)
    await turns()
    const told = controller.beats.slice(before).map(({ offlineLogDirs }) => offlineLogDirs)
    expect(told).toEqual([['AAAAAAAAAAAAAAAAAAAAqw'], ['AAAAAAAAAAAAAAAAAAAAqw']])
    lifecycle.stop()
    expect(clock.pendingCount).toBe(0)
  })

  it('and of which the controller does not hear for log.dir.failure.timeout.ms is the end', async () => {
    const ends: Error[] = []
    const controller = new ScriptedController([accepted], [unfenced])
    const { lifecycle, clock } = setUp(controller, { onFailureUnknown: (error) => ends.push(error) })
    await settle(clock, lifecycle.start())
    controller.answerBeats(new Error('no controller'))
    lifecycle.directoryFailed('AAAAAAAAAAAAAAAAAAAAqw')
    for (let elapsedMs = 0; elapsedMs < 30_000; elapsedMs += 1000) {
      expect(ends).toEqual([])
      clock.advance(1000)
      await turns()
    }
    expect(ends.map(({ message }) => message)).toEqual([
      'The controller could not be told for 30000 ms that log directory AAAAAAAAAAAAAAAAAAAAqw failed',
    ])
    lifecycle.stop()
  })
})

describe('leaving', () => {
  it('asks until the controller lets it go', async () => {
    const controller = new ScriptedController([accepted], [unfenced])
    const { lifecycle, clock } = setUp(controller)
    await settle(clock, lifecycle.start())
    const leaving = lifecycle.leave(10_000)
    await turns()
    controller.answerBeats({ ...fenced, shouldShutDown: true })
    await expect(settle(clock, leaving)).resolves.toBe(true)
    expect(controller.beats.at(-1)?.wantShutDown).toBe(true)
    expect(clock.pendingCount).toBe(0)
  })

  it('stops asking after the time it was given: the stop is then no clean one', async () => {
    const controller = new ScriptedController([accepted], [unfenced])
    const { lifecycle, clock } = setUp(controller)
    await settle(clock, lifecycle.start())
    await expect(settle(clock, lifecycle.leave(1000))).resolves.toBe(false)
  })

  it('does not insist when the controller cannot be reached', async () => {
    const controller = new ScriptedController([accepted], [unfenced])
    const { lifecycle, clock } = setUp(controller)
    await settle(clock, lifecycle.start())
    controller.answerBeats(new Error('no controller'))
    await expect(settle(clock, lifecycle.leave(10_000))).resolves.toBe(false)
  })
})
