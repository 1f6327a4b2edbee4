/** The order in which a connection's chunks leave: buffers at once, ranges of files piece by piece, nothing overtakes. */
import type { PieceBuffers } from './piece-buffers.ts'
import type { Outgoing, SendableBytes } from './port.ts'
import { queuedSizeHigh, sendPieceSize } from './port.ts'

/** Takes buffers; calls back when they were handed on: their memory is used again then, and more is welcome. */
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
  readonly #pieces: PieceBuffers

  constructor(sink: Sink, pieces: PieceBuffers) {
    this.#sink = sink
    this.#pieces = pieces
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
    const buffers = this.#takeBuffers()
    const range = this.#chunks[0]
    if (range === undefined || Buffer.isBuffer(range)) {
      this.#sink.send(buffers, () => {
        this.#sent(buffers)
        this.#finished()
      })
      return
    }
    this.#chunks.shift()
    this.#sendRange(buffers, range).then(
      () => this.#finished(),
      (error: Error) => this.#sink.failed(error),
    )
  }

  /** The buffers at the head of the queue. */
  #takeBuffers(): Buffer[] {
    const buffers: Buffer[] = []
    for (const chunk of this.#chunks) {
      if (!Buffer.isBuffer(chunk)) break
      buffers.push(chunk)
    }
    this.#chunks.splice(0, buffers.length)
    return buffers
  }

  /** The first piece leaves together with what comes before it, and while one piece is sent the next one is read. */
  async #sendRange(head: readonly Buffer[], range: SendableBytes): Promise<void> {
    let next = range.byteLength > 0 ? this.#readPiece(range, 0) : undefined
    try {
      if (next === undefined && head.length > 0) await this.#send(head)
      let before = head
      for (let position = 0; next !== undefined; before = []) {
        const piece: Buffer = await next
        next = undefined
        position += piece.length
        if (position < range.byteLength && !this.#isClosed) {
          next = this.#readPiece(range, position)
          // Told when its turn comes.
          next.catch(() => {})
        }
        if (!this.#isClosed) await this.#send([...before, piece])
        this.#pieces.giveBack(piece)
        if (this.#isClosed) return
      }
    } finally {
      // The file must not be closed, nor the memory used, while it is being read.
      await next?.then(
        (piece) => this.#pieces.giveBack(piece),
        () => {},
      )
      range.release()
    }
  }

  async #readPiece(range: SendableBytes, position: number): Promise<Buffer> {
    const piece = this.#pieces.take(Math.min(sendPieceSize, range.byteLength - position))
    const count = await range.read(piece, position)
    if (count === 0) throw new Error(`a range of ${range.byteLength} bytes ended at ${position}`)
    return count === piece.length ? piece : piece.subarray(0, count)
  }

  #send(buffers: readonly Buffer[]): Promise<void> {
    return new Promise((resolve) => {
      this.#sink.send(buffers, () => {
        this.#sent(buffers)
        resolve()
      })
    })
  }

  #sent(buffers: readonly Buffer[]): void {
    for (const { length } of buffers) this.#queuedSize = Math.max(0, this.#queuedSize - length)
  }

  #finished(): void {
    this.#isBusy = false
    if (!this.#isClosed) this.#next()
  }
}
