/** Where orders come in: produces them at a steady rate, and keeps the books. */
import { type Clock, type Random, sleep } from '@millrace/base'
import type { Millrace, Producer, Topic } from 'millrace'
import { Pacer } from '../pacer.ts'
import { Books } from './books.ts'
import { type Order, OrderBook } from './order.ts'

const tickMs = 25
const closeLimitMs = 1000

export class OrderDesk {
  readonly books = new Books()
  readonly #book: OrderBook
  readonly #topic: Topic<string, Order>
  readonly #producer: Producer
  readonly #closing = new AbortController()
  readonly #done: Promise<void>

  constructor(
    millrace: Millrace,
    topic: Topic<string, Order>,
    { clock, random, rate, onFailed }: { clock: Clock; random: Random; rate: number; onFailed(error: Error): void },
  ) {
    this.#book = new OrderBook(random)
    this.#topic = topic
    this.#producer = millrace.producer({ compression: 'lz4' })
    const pacer = new Pacer(rate, clock.monotonic())
    this.#done = this.#run(pacer, clock).catch((error: Error) => {
      if (!this.#closing.signal.aborted) onFailed(error)
    })
  }

  /** Takes no more orders. Rejects when one that was taken could not be written. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#done
    await this.#producer.flush()
  }

  /** What is not written by now is of no interest any more. */
  async abandon(): Promise<void> {
    this.#closing.abort()
    await this.#producer.close({ timeoutMs: closeLimitMs }).catch(() => {})
  }

  async #run(pacer: Pacer, clock: Clock): Promise<void> {
    for (;;) {
      for (let due = pacer.due(clock.monotonic()); due > 0; due--) {
        const order = this.#book.next()
        this.books.add(order)
        const hasRoom = this.#producer.enqueue(this.#topic, { key: order.customer, value: order })
        if (!hasRoom) await this.#producer.ready()
      }
      await sleep(clock, tickMs, this.#closing.signal)
    }
  }
}
