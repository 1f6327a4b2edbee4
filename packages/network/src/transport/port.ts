/** The transport port: what a new way of moving bytes between hosts implements. One conformance suite runs for every one. */

export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * Bytes that are not in memory (a range of a log file), sent without passing through user code. Structural: the log's slices
 * are this without knowing of it.
 */
export interface SendableBytes {
  readonly byteLength: number
  /** Fills `target` with the bytes from `position` (in this range) on; how many, which may be fewer, 0 at the end of the file. */
  read(target: Buffer, position: number): Promise<number>
  /** Called once, when the bytes were sent or never will be. */
  release(): void
}

/** What a connection writes. */
export type Outgoing = Buffer | SendableBytes

export interface ConnectionHandler {
  /** Bytes as they arrived, in any grouping. Valid for ever; the transport never writes into them again. */
  onData(bytes: Buffer): void
  /** Everything that was queued has been handed to the network, after `write` had answered false. */
  onDrain(): void
  /** The connection is gone, for whatever reason; the last call of all. `error` says why when it was not an orderly end. */
  onClose(error?: Error): void
}

export interface Connection {
  readonly local: Address
  readonly remote: Address
  /** Bytes that were written and not yet handed to the network. */
  readonly queuedSize: number
  /** Data flows from now on. Called once, right after the connection was obtained. */
  start(handler: ConnectionHandler): void
  /** Sends in order, after all that was written before. False: much is queued, wait for `onDrain`. Ignored once closed. */
  write(chunks: readonly Outgoing[]): boolean
  /** Stops reading, which in the end stops the other side from sending. Data already read may still arrive. */
  pause(): void
  resume(): void
  /** Closes after everything queued was sent. */
  end(): void
  /** Closes now; what is queued is dropped. */
  destroy(error?: Error): void
}

export interface Listener {
  /** Where it really listens: port 0 was replaced by a free one. */
  readonly address: Address
  /** Takes no more connections. The existing ones live on. */
  close(): Promise<void>
}

export interface Transport {
  /** Listens; port 0 takes a free one. Fails with a {@link TransportError}: 'address-in-use', 'address-not-available', 'not-permitted'. */
  listen(address: Address, onConnection: (connection: Connection) => void): Promise<Listener>
  /** Connects. Fails with a {@link TransportError}: 'refused', 'unreachable', 'timeout', 'aborted', 'unknown-host'. */
  connect(address: Address, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<Connection>
}

export type TransportErrorCode =
  | 'address-in-use'
  | 'address-not-available'
  | 'not-permitted'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'aborted'
  | 'unknown-host'
  | 'reset'
  | 'other'

/** What went wrong outside; `cause` is the system's own error. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: TransportErrorCode

  constructor(code: TransportErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** Above this much queued, `write` answers false. */
export const queuedSizeHigh = 1024 * 1024

/** How much of a {@link SendableBytes} is read at a time. */
export const sendPieceSize = 256 * 1024

export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
