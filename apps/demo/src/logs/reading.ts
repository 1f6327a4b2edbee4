/** A reader at work: a consumer that hands it every line, until all is read. */
import type { Consumer } from 'millrace'
import { EndWatch } from './end-watch.ts'
import type { LineReader } from './line-reader.ts'

const closeLimitMs = 1000

export class Reading {
  readonly reader: LineReader
  readonly #consumer: Consumer<string, Buffer>
  readonly #watch = new EndWatch()
  readonly #ending = new AbortController()
  /** Rejects with what went wrong, and with the signal's reason. */
  readonly done: Promise<void>

  constructor(consumer: Consumer<string, Buffer>, reader: LineReader, signal: AbortSignal) {
    this.reader = reader
    this.#consumer = consumer
    consumer.on('end', ({ partition, offset }) => {
      this.#watch.reached(partition, offset)
      this.#checkEnd()
    })
    this.done = this.#read(signal)
    // Whoever waits for it may do so later.
    this.done.catch(() => {})
  }

  /** No more lines come: this is where the partitions end. */
  finish(ends: ReadonlyMap<number, number>): void {
    this.#watch.finish(ends)
    this.#checkEnd()
  }

  /** Whatever was handled is done: where the group has got to. */
  commit(): Promise<void> {
    return this.#consumer.commit()
  }

  close(): Promise<void> {
    return this.#consumer.close({ timeoutMs: closeLimitMs })
  }

  async #read(signal: AbortSignal): Promise<void> {
    const batches = this.#consumer.batches({ signal: AbortSignal.any([signal, this.#ending.signal]) })
    for await (const batch of batches) {
      for (const { partition, offset, key, value } of batch) {
        if (key !== null && value !== null) await this.reader.handle({ partition, offset, file: key, line: value })
      }
    }
    signal.throwIfAborted()
  }

  #checkEnd(): void {
    if (this.#watch.isDone) this.#ending.abort()
  }
}
