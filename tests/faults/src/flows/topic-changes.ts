/** Topics that change under clients: deleted and created again, and grown. */
import { Consumer } from '@millrace/consumer'
import { Producer } from '@millrace/producer'
import { FaultFailure, must } from '../judges/fault-failure.ts'
import { checkExactlyOnce, recordValue } from '../judges/log-check.ts'
import { type Flow, type FlowContext, pause, until } from './flow.ts'

const partitionCount = 3
const grownCount = 6
/** So that clients look for new partitions while the case runs. */
const metadataMaxAgeMs = 200
const wavePauseMs = 10

/** Sends a record to each partition, every few milliseconds, until it is told to end. Values are `partition:number`. */
class Waves {
  readonly #producer: Producer
  readonly #topic: string
  readonly acknowledged = new Map<string, { readonly offset: number; readonly atMs: number }>()
  readonly #sent: Promise<void>[] = []
  #number = 0
  #isEnded = false
  readonly #running: Promise<void>

  constructor(producer: Producer, topic: string) {
    this.#producer = producer
    this.#topic = topic
    this.#running = this.#run()
  }

  /** Sends no more; resolves when everything is acknowledged, and gives how many went to each partition. */
  async end(): Promise<number> {
    this.#isEnded = true
    await this.#running
    await Promise.all(this.#sent)
    return this.#number
  }

  async #run(): Promise<void> {
    while (!this.#isEnded) {
      for (let partition = 0; partition < partitionCount; partition++) this.#send(partition, this.#number)
      this.#number++
      await pause(wavePauseMs)
    }
  }

  #send(partition: number, number: number): void {
    const value = recordValue(partition, number)
    const sent = this.#producer.send(this.#topic, { partition, value }).then(
      ({ offset }) => void this.acknowledged.set(value, { offset, atMs: performance.now() }),
      (error: Error) => {
        throw new FaultFailure(`"${value}" was not sent: ${error.message}`)
      },
    )
    sent.catch(() => {})
    this.#sent.push(sent)
  }
}

async function prepare({ direct, name }: FlowContext): Promise<readonly string[]> {
  await direct.createTopic(name, partitionCount)
  return [name]
}

function newProducer(context: FlowContext): Producer {
  const producer = new Producer({ ...context.client, metadataMaxAgeMs, lingerMs: 1, deliveryTimeoutMs: 14_000 })
  context.own(producer)
  context.describe(() => `producer.state(): ${JSON.stringify(producer.state())}`)
  return producer
}

/** Some records after the last change of the topic. */
const settledMs = 300

const producedAgain: Flow = {
  name: 'produce to a topic that is deleted and created again',
  prepare,
  async run(context) {
    const { direct, name } = context
    const producer = newProducer(context)
    const waves = new Waves(producer, name)
    await pause(settledMs)
    await direct.deleteTopic(name)
    await pause(50)
    const createdMs = performance.now()
    await direct.createTopic(name, partitionCount)
    await pause(settledMs)
    const count = await waves.end()
    await producer.close()
    // Nothing sent is refused, nothing doubled or out of order; what was acknowledged by the new topic is in it.
    for (let partition = 0; partition < partitionCount; partition++) {
      const records = await direct.read(name, partition)
      const numbers = records.map(({ value }) => Number(value.split(':')[1]))
      const [first = count] = numbers
      const isRun = numbers.every((number, index) => number === first + index) && first + numbers.length === count
      must(
        isRun && numbers.length > 0,
        () => `partition ${partition} should end with ${count - 1}, without gaps: ${numbers.join(' ')}`,
      )
      const byOffset = new Map(records.map(({ offset, value }) => [offset, value]))
      for (const [value, { offset, atMs }] of waves.acknowledged) {
        if (!value.startsWith(`${partition}:`) || atMs < createdMs + 100) continue
        must(
          byOffset.get(offset) === value,
          () => `"${value}" was acknowledged at ${offset}, where "${byOffset.get(offset)}" is`,
        )
      }
    }
  },
}

const producedGrown: Flow = {
  name: 'produce to a topic that grows',
  prepare,
  async run(context) {
    const { direct, name } = context
    const producer = newProducer(context)
    const waves = new Waves(producer, name)
    await pause(settledMs)
    await direct.growTopic(name, grownCount)
    // Records without a key go to all partitions, in time.
    const reached = new Set<number>()
    while (reached.size < grownCount) {
      const sent = await Promise.all(
        Array.from({ length: 10 }, (_, key) =>
          producer.send(name, { key: `${key}-${reached.size}-${performance.now()}`, value: 'keyed' }),
        ),
      )
      for (const { partition } of sent) reached.add(partition)
      await pause(20)
    }
    const count = await waves.end()
    await producer.close()
    for (let partition = 0; partition < partitionCount; partition++) {
      const records = await direct.read(name, partition)
      checkExactlyOnce(
        partition,
        records.filter(({ value }) => value !== 'keyed'),
        count,
      )
    }
  },
}

const producedNew: Flow = {
  name: 'produce to a partition that is new',
  prepare,
  async run(context) {
    const { client, direct, name } = context
    const producer = new Producer({ ...client, deliveryTimeoutMs: 14_000 })
    context.own(producer)
    await producer.send(name, { partition: 0, value: recordValue(0, 0) })
    await direct.growTopic(name, grownCount)
    // It is there, though this client has not heard of it: it has to ask before it says that there is none.
    const partition = grownCount - 1
    const sent = producer.send(name, { partition, value: recordValue(partition, 0) })
    const { offset } = await sent.catch((error: Error) => {
      throw new FaultFailure(`a record for a new partition: ${error.message}`)
    })
    must(offset === 0, () => `the first record of a new partition is at ${offset}`)
    await producer.close()
  },
}

interface Given {
  readonly consumer: Consumer<Buffer, Buffer>
  readonly values: string[]
  end(): Promise<void>
}

function startConsumer(context: FlowContext): Given {
  const { client, name, sessionTimeoutMs } = context
  const consumer = new Consumer<Buffer, Buffer>({
    ...client,
    metadataMaxAgeMs,
    group: name,
    topics: [name],
    from: 'earliest',
    autoCommitIntervalMs: 50,
    sessionTimeoutMs,
    heartbeatIntervalMs: 100,
    maxProcessingMs: 2000,
    fetchWaitMs: 100,
  })
  context.own(consumer)
  const values: string[] = []
  const stalls: string[] = []
  consumer.on('stalled', ({ during, error }) => {
    stalls.push(`${during}: ${error.message}`)
    context.log.remark(`stalled: ${during}: ${error.message}`)
  })
  consumer.on('assigned', (partitions) =>
    context.log.remark(`assigned ${partitions.map(({ partition }) => partition)}`),
  )
  consumer.on('reset', ({ partition, from, to }) => context.log.remark(`reset ${partition} from ${from} to ${to}`))
  context.describe(
    () => `given ${values.length}: ${values.slice(-20).join(' ')}; stalls: ${stalls.slice(-3).join('; ')}`,
  )
  const aborter = new AbortController()
  const reading = (async () => {
    for await (const { value } of consumer.messages({ signal: aborter.signal })) values.push(value?.toString() ?? '')
  })()
  reading.catch(() => {})
  return {
    consumer,
    values,
    async end() {
      await pause(20)
      aborter.abort()
      await reading
      await consumer.close()
    },
  }
}

function has(values: readonly string[], partitions: number, first: number, end: number): boolean {
  const seen = new Set(values)
  for (let number = first; number < end; number++) {
    for (let partition = 0; partition < partitions; partition++)
      if (!seen.has(recordValue(partition, number))) return false
  }
  return true
}

const oldCount = 20
const newCount = 8

const consumedAgain: Flow = {
  name: 'consume a topic that is deleted and created again',
  prepare,
  async run(context) {
    const { direct, name } = context
    await direct.produce(name, partitionCount, 0, oldCount)
    const given = startConsumer(context)
    await until(() => has(given.values, partitionCount, 0, oldCount))
    await direct.deleteTopic(name)
    await pause(50)
    await direct.createTopic(name, partitionCount)
    // Fewer than before, so that the place to read from is gone.
    await direct.produce(name, partitionCount, 100, 100 + newCount)
    await until(() => has(given.values, partitionCount, 100, 100 + newCount))
    await given.end()
    const committed = await direct.committed(name, name)
    for (let partition = 0; partition < partitionCount; partition++) {
      must(
        committed.get(partition) === newCount,
        () => `partition ${partition} is committed at ${committed.get(partition)}, and ends at ${newCount}`,
      )
    }
  },
}

const consumedGrown: Flow = {
  name: 'consume a topic that grows',
  prepare,
  async run(context) {
    const { direct, name } = context
    await direct.produce(name, partitionCount, 0, oldCount)
    const given = startConsumer(context)
    await until(() => has(given.values, partitionCount, 0, oldCount))
    await direct.growTopic(name, grownCount)
    await direct.produce(name, grownCount, oldCount, 2 * oldCount)
    await until(() => has(given.values, grownCount, oldCount, 2 * oldCount))
    await given.end()
    const ends = await direct.ends(name, grownCount)
    const committed = await direct.committed(name, name)
    for (const [partition, end] of ends.entries()) {
      must(
        committed.get(partition) === end,
        () => `partition ${partition} is committed at ${committed.get(partition)}, and ends at ${end}`,
      )
    }
  },
}

export const topicChanges: readonly Flow[] = [producedAgain, producedGrown, producedNew, consumedAgain, consumedGrown]
