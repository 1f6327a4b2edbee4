/** Cuts a stream of bytes into Kafka's frames: a length of four bytes, then as many bytes. */

const lengthSize = 4
/** Larger than any frame of the suite: what claims more is no frame. */
export const frameSizeMax = 64 << 20

export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0)

  /** Bytes of a frame that is not complete yet. */
  get pendingSize(): number {
    return this.#rest.length
  }

  /** The frames that these bytes complete, each without its length. Throws for a length that no frame has. */
  push(bytes: Buffer): Buffer[] {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const frames: Buffer[] = []
    while (rest.length >= lengthSize) {
      const size = rest.readInt32BE(0)
      if (size < 0 || size > frameSizeMax) throw new Error(`a frame cannot have ${size} bytes`)
      if (rest.length < lengthSize + size) break
      frames.push(rest.subarray(lengthSize, lengthSize + size))
      rest = rest.subarray(lengthSize + size)
    }
    // What is kept must not keep the chunk that it came in.
    this.#rest = rest.length === 0 ? Buffer.alloc(0) : Buffer.from(rest)
    return frames
  }
}

/** A frame as it goes over the wire. */
export function withLength(frame: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(lengthSize + frame.length)
  bytes.writeInt32BE(frame.length, 0)
  frame.copy(bytes, lengthSize)
  return bytes
}
