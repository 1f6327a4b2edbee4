/** Memory for pieces of files on their way out, used again and again: fresh memory costs more than copying into it. */
import { sendPieceSize } from './port.ts'

/** Pieces up to this size come from Node's own pool. */
const smallSizeMax = 16 * 1024
/** Buffers that are kept: a connection uses two at a time. */
const keptCountMax = 16

export class PieceBuffers {
  readonly #free: Buffer[] = []

  /** A buffer of `size` bytes, at most {@link sendPieceSize}. */
  take(size: number): Buffer {
    if (size <= smallSizeMax) return Buffer.allocUnsafe(size)
    const whole = this.#free.pop() ?? Buffer.allocUnsafeSlow(sendPieceSize)
    return size === sendPieceSize ? whole : whole.subarray(0, size)
  }

  /** Nobody reads or writes it any more. */
  giveBack(buffer: Buffer): void {
    if (buffer.length <= smallSizeMax || this.#free.length >= keptCountMax) return
    this.#free.push(Buffer.from(buffer.buffer))
  }
}
