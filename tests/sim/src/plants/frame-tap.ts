/** Sits between the broker and its clients' connections, and sees whole frames in both directions. */
import {
  type Address,
  type Connection,
  type ConnectionHandler,
  FrameAssembler,
  type Listener,
  type Outgoing,
  PartialFrameBudget,
  type Transport,
} from '@millrace/network'

const frameSizeMax = 64 * 1024 * 1024
const lengthSize = 4

/** What becomes of a request. Frames are without their length. */
export interface RequestFate {
  /** What the broker gets, if anything. */
  readonly forward?: Buffer
  /** After how many milliseconds; order is kept. Default 0. */
  readonly forwardDelayMs?: number
  /** What the client gets, in place of the broker's answer. */
  readonly reply?: Buffer
}

/** Decides about the requests of one connection. */
export interface Tap {
  request(frame: Buffer): RequestFate
  /** Sees an answer of the broker to a forwarded request, also when the client will not get it. */
  response?(frame: Buffer): void
}

export function tapTransport(inner: Transport, later: Later, makeTap: () => Tap): Transport {
  return {
    connect: (address, options) => inner.connect(address, options),
    listen: (address: Address, onConnection: (connection: Connection) => void): Promise<Listener> =>
      inner.listen(address, (connection) => onConnection(new TappedConnection(connection, later, makeTap()))),
  }
}

/** Calls back after some milliseconds. */
export type Later = (delayMs: number, callback: () => void) => void

/** The place of an answer among the answers of its connection. */
interface Slot {
  answer: readonly Outgoing[] | undefined
  /** The client has its answer already; the broker's is dropped. */
  isReplaced: boolean
}

class TappedConnection implements Connection {
  readonly #inner: Connection
  readonly #later: Later
  readonly #tap: Tap
  readonly #requests = new FrameAssembler(frameSizeMax, new PartialFrameBudget(frameSizeMax))
  readonly #responses = new OutgoingFrames()
  readonly #slots: Slot[] = []
  /** Slots of forwarded requests, in the order in which the broker will answer. */
  readonly #awaited: Slot[] = []
  /** Requests on their way to the broker, oldest first. */
  readonly #delayed: Buffer[] = []

  constructor(inner: Connection, later: Later, tap: Tap) {
    this.#inner = inner
    this.#later = later
    this.#tap = tap
  }

  get local(): Address {
    return this.#inner.local
  }

  get remote(): Address {
    return this.#inner.remote
  }

  get queuedSize(): number {
    return this.#inner.queuedSize
  }

  start(handler: ConnectionHandler): void {
    this.#inner.start({
      onData: (bytes) => {
        for (const frame of this.#requests.push(bytes)) this.#request(frame, handler)
      },
      onDrain: () => handler.onDrain(),
      onClose: (error) => {
        this.#responses.clear()
        handler.onClose(error)
      },
    })
  }

  write(chunks: readonly Outgoing[]): boolean {
    for (const frame of this.#responses.push(chunks)) {
      const bytes = inMemory(frame)
      if (bytes !== undefined) this.#tap.response?.(bytes.subarray(lengthSize))
      const slot = this.#awaited.shift()
      if (slot === undefined) throw new Error('The broker answers a request that it was not given')
      if (slot.isReplaced) release(frame)
      else slot.answer = frame
    }
    return this.#flush()
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  end(): void {
    this.#inner.end()
  }

  destroy(error?: Error): void {
    this.#inner.destroy(error)
  }

  #request(frame: Buffer, handler: ConnectionHandler): void {
    const { forward, reply, forwardDelayMs = 0 } = this.#tap.request(frame)
    const slot: Slot = { answer: undefined, isReplaced: reply !== undefined }
    this.#slots.push(slot)
    if (forward !== undefined) {
      this.#awaited.push(slot)
      this.#forward(forward, forwardDelayMs, handler)
    }
    if (reply !== undefined) slot.answer = [withLength(reply)]
    this.#flush()
  }

  /** What comes after a delayed request waits behind it. */
  #forward(frame: Buffer, delayMs: number, handler: ConnectionHandler): void {
    const bytes = withLength(frame)
    if (delayMs === 0 && this.#delayed.length === 0) {
      handler.onData(bytes)
      return
    }
    this.#delayed.push(bytes)
    this.#later(delayMs, () => {
      // Timers may end in another order than they began: each passes on the oldest frame that waits.
      const next = this.#delayed.shift()
      if (next !== undefined) handler.onData(next)
    })
  }

  #flush(): boolean {
    let isRoom = true
    for (;;) {
      const answer = this.#slots[0]?.answer
      if (answer === undefined) return isRoom
      this.#slots.shift()
      isRoom = this.#inner.write(answer)
    }
  }
}

/** Splits what a connection writes into frames; ranges of files stay what they are. */
class OutgoingFrames {
  #frame: Outgoing[] = []
  #missing = 0

  push(chunks: readonly Outgoing[]): Outgoing[][] {
    const frames: Outgoing[][] = []
    for (const chunk of chunks) {
      if (!Buffer.isBuffer(chunk)) {
        this.#add(chunk, frames)
        continue
      }
      for (let position = 0; position < chunk.length; ) {
        if (this.#missing === 0) this.#missing = lengthSize + chunk.readInt32BE(position)
        const piece = chunk.subarray(position, position + this.#missing)
        position += piece.length
        this.#add(piece, frames)
      }
    }
    return frames
  }

  clear(): void {
    release(this.#frame)
    this.#frame = []
  }

  #add(chunk: Outgoing, frames: Outgoing[][]): void {
    this.#frame.push(chunk)
    this.#missing -= chunk.byteLength
    if (this.#missing > 0) return
    frames.push(this.#frame)
    this.#frame = []
  }
}

function inMemory(frame: readonly Outgoing[]): Buffer | undefined {
  const buffers = frame.filter((chunk) => Buffer.isBuffer(chunk))
  return buffers.length === frame.length ? Buffer.concat(buffers) : undefined
}

function release(frame: readonly Outgoing[]): void {
  for (const chunk of frame) if (!Buffer.isBuffer(chunk)) chunk.release()
}

function withLength(frame: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(lengthSize + frame.length)
  bytes.writeInt32BE(frame.length, 0)
  frame.copy(bytes, lengthSize)
  return bytes
}
