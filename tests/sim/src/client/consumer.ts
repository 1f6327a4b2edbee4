/** A consumer without a group: reads from the beginning, goes on where it was, and now and then reads again what it has read. */
import { randomBelow, sleep } from '@millrace/base'
import { ConnectionLost, type RawConnection } from './connection.ts'
import { type ClientPorts, tryConnect } from './ports.ts'
import { type FetchPlan, fetchOnce } from './reader.ts'
import { topicIdOf } from './topic.ts'

export interface ConsumerOptions {
  readonly name: string
  readonly topic: string
  readonly partitionCount: number
  readonly fetchVersion: number
  /** One fetch in so many starts over from an earlier offset; 0 for none. */
  readonly seekOneIn: number
}

export class Consumer {
  readonly #ports: ClientPorts
  readonly #options: ConsumerOptions
  readonly #positions: Map<number, number>
  #isStopping = false

  constructor(ports: ClientPorts, options: ConsumerOptions) {
    this.#ports = ports
    this.#options = options
    this.#positions = new Map(Array.from({ length: options.partitionCount }, (_, partition) => [partition, 0]))
  }

  stop(): void {
    this.#isStopping = true
  }

  /** Where it is, by partition. */
  get positions(): ReadonlyMap<number, number> {
    return this.#positions
  }

  async run(): Promise<void> {
    const { clock, random } = this.#ports
    while (!this.#isStopping) {
      const connection = await tryConnect(this.#ports, this.#options.name)
      try {
        if (connection !== undefined) await this.#read(connection)
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
      } finally {
        connection?.close()
      }
      await sleep(clock, 10 + randomBelow(random, 100))
    }
  }

  async #read(connection: RawConnection): Promise<void> {
    const { clock, random, history } = this.#ports
    const { topic, fetchVersion, seekOneIn } = this.#options
    const topicId = await topicIdOf(connection, topic)
    if (topicId === undefined) return
    while (!this.#isStopping) {
      if (seekOneIn > 0 && randomBelow(random, seekOneIn) === 0) this.#seekBack()
      const outcomes = await fetchOnce(connection, history, this.#plan(topic, topicId, fetchVersion), this.#positions)
      for (const { partition, nextOffset } of outcomes) this.#positions.set(partition, nextOffset)
      if (outcomes.some(({ errorCode }) => errorCode !== 0)) await sleep(clock, 100)
    }
  }

  #plan(topic: string, topicId: string, version: number): FetchPlan {
    const { random } = this.#ports
    return {
      topic,
      topicId,
      version,
      maxWaitMs: randomBelow(random, 500),
      maxBytes: 1 + randomBelow(random, 64 * 1024),
      partitionMaxBytes: 1 + randomBelow(random, 16 * 1024),
    }
  }

  #seekBack(): void {
    const { random } = this.#ports
    const partition = randomBelow(random, this.#options.partitionCount)
    const position = this.#positions.get(partition) ?? 0
    this.#positions.set(partition, randomBelow(random, position + 1))
  }
}
