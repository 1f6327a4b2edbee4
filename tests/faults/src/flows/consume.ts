/** Consumers in a group: what they are given, what they commit, and that nothing is left at the end. */
import { Consumer, type ConsumerOptions } from '@millrace/consumer'
import { Reading } from '../judges/reading.ts'
import { type Flow, type FlowContext, pause, until } from './flow.ts'

const partitionCount = 3
const recordCount = 20
const processingMs = 1
const settings = {
  from: 'earliest',
  autoCommitIntervalMs: 50,
  heartbeatIntervalMs: 100,
  maxProcessingMs: 2000,
  fetchWaitMs: 100,
} as const

/** A consumer, and who it is to the judge. */
class Member {
  readonly name: string
  readonly consumer: Consumer<Buffer, Buffer>
  readonly #reading: Reading
  readonly #aborter = new AbortController()
  readonly stalls: string[] = []
  /** Partitions that it was told to have. */
  readonly owned = new Set<number>()

  constructor(name: string, reading: Reading, context: FlowContext) {
    this.name = name
    this.#reading = reading
    const group = { group: context.name, topics: [context.name] }
    const { sessionTimeoutMs } = context
    const options: ConsumerOptions<Buffer, Buffer> = { ...context.client, ...settings, ...group, sessionTimeoutMs }
    this.consumer = new Consumer(options)
    context.own(this.consumer)
    this.consumer.on('assigned', (partitions) => {
      const numbers = partitions.map(({ partition }) => partition)
      for (const partition of numbers) this.owned.add(partition)
      context.log.remark(`${name} was assigned ${numbers.join(' ')}`)
      reading.assigned(name, numbers)
    })
    for (const event of ['revoking', 'lost'] as const) {
      this.consumer.on(event, (partitions) => {
        for (const { partition } of partitions) this.owned.delete(partition)
        context.log.remark(`${name}: ${event} ${partitions.map(({ partition }) => partition).join(' ')}`)
      })
    }
    this.consumer.on('stalled', ({ during, error }) => {
      this.stalls.push(`${during}: ${error.message}`)
      context.log.remark(`${name} stalled: ${during}: ${error.message}`)
    })
    this.consumer.on('reset', ({ partition, from, to }) => {
      context.log.remark(`${name}: partition ${partition} was reset from ${from} to ${to}`)
    })
  }

  /** Reads until it is told to end, or, with `count`, until it was given so many. */
  async read(onMessage: () => void, count = Number.POSITIVE_INFINITY): Promise<void> {
    let given = 0
    const { signal } = this.#aborter
    for await (const { partition, offset } of this.consumer.messages({ signal })) {
      this.#reading.given(this.name, partition, offset)
      onMessage()
      given++
      // What it has now is given back, and comes again.
      if (given === count) return this.#reading.abandoned(this.name)
      await pause(processingMs)
      // The loop asks for the next one now.
      this.#reading.finished(this.name)
    }
  }

  /** Ends the loop, which has finished what it had when it waits for more. */
  end(): void {
    this.#aborter.abort()
  }

  describe(): string {
    const positions = [...this.owned].map((partition) => partition)
    return `${this.name} has ${positions.join(' ')}; stalled ${this.stalls.length} times, last: ${this.stalls.at(-1)}`
  }
}

async function judge(context: FlowContext, reading: Reading, partitions: number): Promise<void> {
  const ends = await context.direct.ends(context.name, partitions)
  reading.checkEnd(ends, await context.direct.committed(context.name, context.name))
}

export const consume: Flow = {
  name: 'consume',
  async prepare({ direct, name }) {
    await direct.createTopic(name, partitionCount)
    await direct.produce(name, partitionCount, 0, recordCount)
    return [name]
  },
  async run(context) {
    const reading = new Reading()
    context.onCommit((partition, offset) => reading.committing(partition, offset))
    const total = partitionCount * recordCount
    let disturbed: Promise<void> | undefined
    const first = new Member('the first consumer', reading, context)
    context.describe(() => `${reading.describe()}; ${first.describe()}`)
    await first.read(() => {
      if (reading.seenCount >= total / 3) disturbed ??= context.disturb()
    }, total / 2)
    await first.consumer.close()
    const second = new Member('the second consumer', reading, context)
    context.describe(() => `${reading.describe()}; ${second.describe()}`)
    const reads = second.read(() => {})
    reads.catch(() => {})
    await Promise.race([reads, until(() => reading.seenCount === total)])
    // The last one is done when the loop waits for another one.
    await pause(20)
    second.end()
    await reads
    await second.consumer.close()
    await disturbed
    await judge(context, reading, partitionCount)
  },
}

const sharedCount = 4
const firstHalf = 15

export const members: Flow = {
  name: 'two members',
  async prepare({ direct, name }) {
    await direct.createTopic(name, sharedCount)
    await direct.produce(name, sharedCount, 0, firstHalf)
    return [name]
  },
  async run(context) {
    const reading = new Reading()
    context.onCommit((partition, offset) => reading.committing(partition, offset))
    const first = new Member('the first member', reading, context)
    const second = new Member('the second member', reading, context)
    const both = [first, second]
    context.describe(() => [reading.describe(), ...both.map((member) => member.describe())].join('; '))
    const firstReads = first.read(() => {})
    firstReads.catch(() => {})
    await Promise.race([firstReads, until(() => reading.seenCount >= sharedCount * 3)])
    const secondReads = second.read(() => {})
    secondReads.catch(() => {})
    const loops = Promise.all([firstReads, secondReads])
    loops.catch(() => {})
    // Each has its share, and nothing is in two hands.
    const isShared = () =>
      first.owned.size + second.owned.size === sharedCount && first.owned.size === second.owned.size
    await Promise.race([loops, until(isShared)])
    const disturbed = context.disturb()
    await context.direct.produce(context.name, sharedCount, firstHalf, 2 * firstHalf)
    await Promise.race([loops, until(() => reading.seenCount === sharedCount * 2 * firstHalf)])
    await pause(20)
    for (const member of both) member.end()
    await loops
    for (const { consumer } of both) await consumer.close()
    await disturbed
    await judge(context, reading, sharedCount)
  },
}
