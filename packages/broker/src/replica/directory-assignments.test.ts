import { ManualClock, silentLogger } from '@millrace/base'
import {
  type AssignReplicasToDirs,
  type AssignReplicasToDirsRequest,
  ErrorCode,
  type Request,
  type ResponseInput,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { TypedApi } from '../handler.ts'
import type { ControllerChannel } from '../services.ts'
import { DirectoryAssignments } from './directory-assignments.ts'

type Answer = ResponseInput<typeof AssignReplicasToDirs>

/** Answers when the test says so. */
class HeldController implements ControllerChannel {
  readonly requests: AssignReplicasToDirsRequest[] = []
  #resolve: ((answer: Answer | Error) => void) | undefined

  async send<A extends TypedApi>(_api: A, request: Request<A>): Promise<ResponseInput<A>> {
    this.requests.push(request as unknown as AssignReplicasToDirsRequest)
    const answer = await new Promise<Answer | Error>((resolve) => {
      this.#resolve = resolve
    })
    if (answer instanceof Error) throw answer
    return answer as unknown as ResponseInput<A>
  }

  /** Answers the last request: the same code for every partition. */
  async answer(errorCode: number = ErrorCode.NONE): Promise<void> {
    const directories = (this.requests.at(-1)?.directories ?? []).map(({ id, topics }) => ({
      id,
      topics: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    }))
    await this.fail({ errorCode: ErrorCode.NONE, directories })
  }

  async fail(answer: Answer | Error): Promise<void> {
    this.#resolve?.(answer)
    await turns()
  }

  /** What the last request said, as `topic partition directory`. */
  get said(): string[] {
    return (this.requests.at(-1)?.directories ?? []).flatMap(({ id, topics }) =>
      topics.flatMap(({ topicId, partitions }) =>
        partitions.map(({ partitionIndex }) => `${topicId} ${partitionIndex} ${id}`),
      ),
    )
  }
}

const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

function setUp(epoch = 7) {
  const clock = new ManualClock()
  const channel = new HeldController()
  const registration = { epoch }
  const assignments = new DirectoryAssignments({
    brokerId: 1,
    brokerEpoch: () => registration.epoch,
    channel,
    clock,
    logger: silentLogger,
  })
  const run = async (ms = 0) => {
    clock.advance(ms)
    await turns()
    clock.advance(0)
    await turns()
  }
  return { assignments, channel, clock, registration, run }
}

const at = (topicId: string, partition: number, directoryId: string) => ({ topicId, partition, directoryId })

describe('DirectoryAssignments', () => {
  it('says what was assigned in one turn in one request, by directory and topic', async () => {
    const { assignments, channel, run } = setUp()
    for (const partition of [0, 1]) assignments.assign(at('t', partition, 'A'))
    assignments.assign(at('u', 0, 'B'))
    await run()
    const partitions = [{ partitionIndex: 0 }, { partitionIndex: 1 }]
    expect(channel.requests).toEqual([
      {
        brokerId: 1,
        brokerEpoch: 7,
        directories: [
          { id: 'A', topics: [{ topicId: 't', partitions }] },
          { id: 'B', topics: [{ topicId: 'u', partitions: [{ partitionIndex: 0 }] }] },
        ],
      },
    ])
    await channel.answer()
    expect(assignments.openCount).toBe(0)
  })

  it('waits until the broker is registered', async () => {
    const { assignments, channel, registration, run } = setUp(-1)
    assignments.assign(at('t', 0, 'A'))
    await run()
    expect(channel.requests).toEqual([])
    registration.epoch = 9
    assignments.start()
    await run()
    expect(channel.requests).toMatchObject([{ brokerEpoch: 9 }])
  })

  it('says only the newest, also when it changes while the controller is asked', async () => {
    const { assignments, channel, run } = setUp()
    assignments.assign(at('t', 0, 'A'))
    assignments.assign(at('t', 0, 'B'))
    await run()
    expect(channel.said).toEqual(['t 0 B'])
    assignments.assign(at('t', 0, 'C'))
    await channel.answer()
    expect(channel.said).toEqual(['t 0 C'])
    await channel.answer()
    expect(assignments.openCount).toBe(0)
  })

  it('asks again, later and later, until it is taken', async () => {
    const { assignments, channel, clock, run } = setUp()
    assignments.assign(at('t', 0, 'A'))
    await run()
    const pauses: number[] = []
    for (const failure of [new Error('no controller'), { errorCode: ErrorCode.STALE_BROKER_EPOCH }]) {
      const before = clock.monotonic()
      const count = channel.requests.length
      await channel.fail(failure)
      while (channel.requests.length === count) await run(50)
      pauses.push(clock.monotonic() - before)
    }
    await channel.answer(ErrorCode.UNKNOWN_SERVER_ERROR)
    expect(assignments.openCount).toBe(1)
    await run(400)
    expect(pauses).toEqual([100, 200])
    await channel.answer()
    expect(assignments.openCount).toBe(0)
    expect(clock.pendingCount).toBe(0)
  })

  it.each([
    ['the topic is gone', ErrorCode.UNKNOWN_TOPIC_ID],
    ['the partition is not there', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['the replica is not its own', ErrorCode.NOT_LEADER_OR_FOLLOWER],
  ])('says no more when %s', async (_, errorCode) => {
    const { assignments, channel, run } = setUp()
    assignments.assign(at('t', 0, 'A'))
    await run()
    await channel.answer(errorCode)
    expect(assignments.openCount).toBe(0)
    expect(channel.requests).toHaveLength(1)
  })

  it('says at most 2250 replicas at a time', async () => {
    const { assignments, channel, run } = setUp()
    for (let partition = 0; partition < 3000; partition++) assignments.assign(at('t', partition, 'A'))
    await run()
    expect(channel.said).toHaveLength(2250)
    await channel.answer()
    expect(channel.said).toHaveLength(750)
  })

  it('forgets everything at its end', async () => {
    const { assignments, clock, channel, run } = setUp()
    assignments.assign(at('u', 0, 'A'))
    await run()
    expect(channel.said).toEqual(['u 0 A'])
    await channel.fail(new Error('no controller'))
    assignments.close()
    expect(assignments.openCount).toBe(0)
    expect(clock.pendingCount).toBe(0)
  })
})
