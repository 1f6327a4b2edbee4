/** The clients under test: a producer at a steady rate, a group of two, one of which comes and goes; and what became of every record. */
import { sleep, systemClock } from '@millrace/base'
import { type Consumer, Millrace, string, topic } from 'millrace'
import { Marks } from './marks.ts'

const events = topic('soak', { key: string(), value: string() })
const tickMs = 50
const memberLifeMs = 20_000

export class Clients {
  readonly #millrace: Millrace
  readonly #acknowledged = new Marks()
  readonly #received = new Marks()
  readonly #problems: string[] = []
  readonly #aborter = new AbortController()
  #running: Promise<unknown> | undefined
  #sentCount = 0
  #repeatedCount = 0

  constructor(port: number) {
    this.#millrace = new Millrace({ brokers: `127.0.0.1:${port}`, clientId: 'soak' })
  }

  get problems(): readonly string[] {
    return this.#problems
  }

  get counts() {
    const { count: acknowledged } = this.#acknowledged
    return { sent: this.#sentCount, acknowledged, received: this.#received.count, repeated: this.#repeatedCount }
  }

  async start(recordsPerSecond: number): Promise<void> {
    await this.#millrace.admin.createTopics([{ name: events.name, partitions: 6 }])
    this.#running = Promise.all([this.#produce(recordsPerSecond), this.#consumeForGood(), this.#consumeInTurns()])
    this.#running.catch((error) => this.#problems.push(`A client gave up: ${error}`))
  }

  /** Ends the producer, waits until everything is read, and closes all. */
  async finish(limitMs: number): Promise<void> {
    this.#aborter.abort()
    await this.#running
    const deadlineMs = systemClock.monotonic() + limitMs
    const consumer = this.#consumer()
    const reading = this.#read(consumer, new AbortController().signal)
    while (this.#missingCount() > 0 && systemClock.monotonic() < deadlineMs) await sleep(systemClock, 200)
    await consumer.close()
    await reading
    await this.#millrace.close()
    const missing = this.#missingCount()
    if (missing > 0) this.#problems.push(`${missing} acknowledged records were never received`)
  }

  #missingCount(): number {
    let count = 0
    for (let index = 0; index < this.#sentCount; index++) {
      if (this.#acknowledged.has(index) && !this.#received.has(index)) count++
    }
    return count
  }

  async #produce(recordsPerSecond: number): Promise<void> {
    const producer = this.#millrace.producer()
    const perTick = Math.max(1, Math.round((recordsPerSecond * tickMs) / 1000))
    while (!this.#aborter.signal.aborted) {
      for (let count = 0; count < perTick; count++) {
        const index = this.#sentCount++
        producer.send(events, { key: `k${index % 100}`, value: `${index}` }).then(
          () => void this.#acknowledged.add(index),
          (error) => void this.#problems.push(`Record ${index}: ${error.message}`),
        )
      }
      await sleep(systemClock, tickMs)
    }
    await producer.close()
  }

  async #consumeForGood(): Promise<void> {
    const consumer = this.#consumer()
    await this.#read(consumer, this.#aborter.signal)
    await consumer.close()
  }

  async #consumeInTurns(): Promise<void> {
    while (!this.#aborter.signal.aborted) {
      const turn = new AbortController()
      const consumer = this.#consumer()
      const reading = this.#read(consumer, AbortSignal.any([turn.signal, this.#aborter.signal]))
      for (let left = memberLifeMs; left > 0 && !this.#aborter.signal.aborted; left -= 200)
        await sleep(systemClock, 200)
      turn.abort()
      await reading
      await consumer.close()
    }
  }

  #consumer(): Consumer<string, string> {
    const settings = { group: 'soak', topics: [events], from: 'earliest' as const, sessionTimeoutMs: 10_000 }
    return this.#millrace.consumer(settings)
  }

  async #read(consumer: Consumer<string, string>, signal: AbortSignal): Promise<void> {
    for await (const { value } of consumer.messages({ signal })) {
      if (!this.#received.add(Number(value))) this.#repeatedCount++
    }
  }
}
