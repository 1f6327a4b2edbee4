/** The order in which a connection's chunks leave: buffers at once, ranges of files piece by piece, nothing overtakes. */
import type { Outgoing, SendableBytes } from './port.ts'
import { queuedSizeHigh, sendPieceSize } from './port.ts'

/** Takes buffers; calls back when they were handed on and more is welcome. */
export interface Sink {
  send(buffers: readonly Buffer[], done: () => void): void
  /** All was sent, after the queue had been full. */
  drained(): void
  /** All was sent, after `end`. */
  ended(): void
  failed(error: Error): void
}

export class OutgoingQueue {
  #chunks: Outgoing[] = []
  #queuedSize = 0
  #isBusy = false
  #isClosed = false
  #wasFull = false
  #isEnding = false
  readonly #sink: Sink

  constructor(sink: Sink) {
    this.#sink = sink
  }

  get queuedSize(): number {
    return this.#queuedSize
  }

  /** Queues and starts sending. False when more than {@link queuedSizeHigh} waits. */
  push(chunks: readonly Outgoing[]): boolean {
    if (this.#isClosed) {
      for (const chunk of chunks) if (!Buffer.isBuffer(chunk)) chunk.release()
      return true
    }
    for (const chunk of chunks) {
      this.#queuedSize += chunk.byteLength
      this.#chunks.push(chunk)
    }
    if (!this.#isBusy) this.#next()
    if (this.#queuedSize <= queuedSizeHigh) return true
    this.#wasFull = true
    return false
  }

  /** Calls `ended` once all was sent. */
  end(): void {
    this.#isEnding = true
    if (!this.#isBusy) this.#next()
  }

  /** Drops what waits and releases it. */
  close(): void {
    this.#isClosed = true
    for (const chunk of this.#chunks) if (!Buffer.isBuffer(chunk)) chunk.release()
    this.#chunks = []
    this.#queuedSize = 0
  }

  #next(): void {
    const first = this.#chunks[0]
    if (first === undefined) {
      if (this.#wasFull) {
        this.#wasFull = false
        this.#sink.drained()
      }
      if (this.#isEnding && !this.#isBusy && this.#chunks.length === 0) this.#sink.ended()
      return
    }
    this.#isBusy = true
    if (Buffer.isBuffer(first)) this.#sendBuffers()
    else {
      this.#chunks.shift()
      this.#sendRange(first).then(
        () => this.#finished(),
        (error: Error) => this.#sink.failed(error),
      )
    }
  }

  #sendBuffers(): void {
    let count = 0
    let size = 0
    const buffers: Buffer[] = []
    for (const chunk of this.#chunks) {
      if (!Buffer.isBuffer(chunk)) break
      buffers.push(chunk)
      size += chunk.length
      count++
    }
    this.#chunks.splice(0, count)
    this.#sink.send(buffers, () => {
      this.#queuedSize = Math.max(0, this.#queuedSize - size)
      this.#finished()
    })
  }

  async #sendRange(range: SendableBytes): Promise<void> {
    try {
      let position = 0
      while (position < range.byteLength && !this.#isClosed) {
        const piece = await range.read(position, Math.min(sendPieceSize, range.byteLength - position))
        if (this.#isClosed) return
        if (piece.length === 0) throw new Error(`a range of ${range.byteLength} bytes ended at ${position}`)
        position += piece.length
        await new Promise<void>((resolve) => this.#sink.send([piece], resolve))
        this.#queuedSize = Math.max(0, this.#queuedSize - piece.length)
      }
    } finally {
      range.release()
    }
  }

  #finished(): void {
    this.#isBusy = false
    if (!this.#isClosed) this.#next()
  }
}
