/** Part of a segment file that a fetch answers with: a place and a length, not bytes. Whoever sends it decides how. */
import type { ExternalBytes } from '@millrace/protocol'
import { StorageError } from './errors.ts'
import type { FileLease } from './file-pool.ts'
import { type File, readFully } from './fs/port.ts'

/** Made with one use; the file stays open, also when the segment is deleted, until every use is released. */
export class LogSlice implements ExternalBytes {
  readonly file: File
  /** Byte in the file. */
  readonly position: number
  readonly byteLength: number
  readonly #lease: FileLease

  constructor(lease: FileLease, position: number, byteLength: number) {
    this.#lease = lease
    this.file = lease.file
    this.position = position
    this.byteLength = byteLength
  }

  /** The bytes. Throws `out-of-range` when a truncation took some of them away meanwhile. */
  async read(): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(this.byteLength)
    const count = await readFully(this.file, bytes, this.position)
    if (count === this.byteLength) return bytes
    const message = `${this.file.path} was truncated while it was read`
    throw new StorageError('out-of-range', message, { path: this.file.path, position: this.position + count })
  }

  /** Another slice of the same bytes, to be released on its own. */
  retain(): LogSlice {
    return new LogSlice(this.#lease.retain(), this.position, this.byteLength)
  }

  /** Ends this use; calling it again does nothing. */
  release(): void {
    this.#lease.release()
  }
}
