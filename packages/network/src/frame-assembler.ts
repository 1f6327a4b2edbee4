/** Turns arriving bytes into Kafka frames: int32 size, then that many bytes. No socket here. */

export type FrameErrorCode = 'negative-size' | 'too-large' | 'not-kafka' | 'too-many-partial-bytes'

/** Bytes that are no Kafka frame; the connection they came on must be closed. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code: FrameErrorCode

  constructor(code: FrameErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Bytes of unfinished frames over many connections together, under one cap. */
export class PartialFrameBudget {
  readonly sizeMax: number
  #size = 0

  constructor(sizeMax: number) {
    this.sizeMax = sizeMax
  }

  get size(): number {
    return this.#size
  }

  take(size: number): boolean {
    if (this.#size + size > this.sizeMax) return false
    this.#size += size
    return true
  }

  give(size: number): void {
    this.#size -= size
  }
}

const sizeFieldSize = 4

/** What people send to a Kafka port by mistake, by its first four bytes. */
function guessProtocol(bytes: Buffer): string | undefined {
  if (bytes[0] === 0x16 && bytes[1] === 0x03) return 'a TLS hello: this listener speaks plain text'
  const text = bytes.toString('latin1', 0, sizeFieldSize)
  if (/^(GET |POST|HEAD|PUT |OPTI|DELE|PATC|PRI )/.test(text)) return 'HTTP: this port speaks the Kafka protocol'
  if (text === 'SSH-') return 'SSH: this port speaks the Kafka protocol'
  return undefined
}

export class FrameAssembler {
  readonly #sizeMax: number
  readonly #budget: PartialFrameBudget
  #pieces: Buffer[] = []
  #pieceSize = 0
  /** Size of the frame under way without its size field; -1 while that field is incomplete. */
  #frameSize = -1

  /**
   * @param sizeMax largest frame accepted, without its size field (`socket.request.max.bytes`)
   * @param budget what unfinished frames take, shared with other connections
   */
  constructor(sizeMax: number, budget: PartialFrameBudget) {
    this.#sizeMax = sizeMax
    this.#budget = budget
  }

  /** Whether a frame has begun and not ended. */
  get hasPartialFrame(): boolean {
    return this.#pieceSize > 0
  }

  /**
   * The frames that `bytes` completes, without their size field. A frame that lies in one chunk is a view of it; others are
   * assembled by one copy. Memory grows with what arrived, never with what a size field claims.
   */
  push(bytes: Buffer): Buffer[] {
    const frames: Buffer[] = []
    let position = 0
    while (position < bytes.length) {
      if (this.#pieceSize === 0 && bytes.length - position >= sizeFieldSize) {
        const size = this.#checkedSize(bytes, position)
        const end = position + sizeFieldSize + size
        if (end <= bytes.length) {
          frames.push(bytes.subarray(position + sizeFieldSize, end))
          position = end
          continue
        }
      }
      position = this.#collect(bytes, position, frames)
    }
    return frames
  }

  /** Gives back what an unfinished frame holds. */
  clear(): void {
    this.#budget.give(this.#pieceSize)
    this.#pieces = []
    this.#pieceSize = 0
    this.#frameSize = -1
  }

  #collect(bytes: Buffer, start: number, frames: Buffer[]): number {
    const needed = Math.max(this.#frameSize, 0) + sizeFieldSize - this.#pieceSize
    const piece = bytes.subarray(start, start + Math.min(needed, bytes.length - start))
    if (!this.#budget.take(piece.length)) {
      throw new FrameError(
        'too-many-partial-bytes',
        `unfinished requests of all connections together exceed ${this.#budget.sizeMax} bytes`,
      )
    }
    this.#pieces.push(piece)
    this.#pieceSize += piece.length
    if (this.#frameSize < 0 && this.#pieceSize >= sizeFieldSize) {
      this.#frameSize = this.#checkedSize(Buffer.concat(this.#pieces, sizeFieldSize), 0)
    }
    if (this.#frameSize >= 0 && this.#pieceSize === this.#frameSize + sizeFieldSize) {
      const frame = Buffer.concat(this.#pieces, this.#pieceSize).subarray(sizeFieldSize)
      this.clear()
      frames.push(frame)
    }
    return start + piece.length
  }

  #checkedSize(bytes: Buffer, position: number): number {
    const size = bytes.readInt32BE(position)
    if (size >= 0 && size <= this.#sizeMax) return size
    const guess = guessProtocol(bytes.subarray(position, position + sizeFieldSize))
    if (guess !== undefined) throw new FrameError('not-kafka', `the bytes look like ${guess}`)
    if (size < 0) throw new FrameError('negative-size', `a frame of ${size} bytes was announced`)
    throw new FrameError('too-large', `a frame of ${size} bytes was announced, the limit is ${this.#sizeMax}`)
  }
}
