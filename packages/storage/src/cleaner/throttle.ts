/** Keeps the bytes that a cleaning reads and writes under a rate, so that it does not take the disk from everyone else. */
import { type Clock, sleep } from '@millrace/base'
import type { File } from '../fs/port.ts'

/** Shorter pauses are saved up. */
const pauseMsMin = 5

export class Throttle {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  #startMs: number
  #bytes = 0

  /** `bytesPerSecond` may be infinite. */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
    this.#startMs = clock.monotonic()
  }

  /** Counts bytes that were read or written; waits until the rate allows more. */
  async spend(bytes: number): Promise<void> {
    if (!Number.isFinite(this.#bytesPerSecond)) return
    this.#bytes += bytes
    const nowMs = this.#clock.monotonic()
    const waitMs = this.#startMs + (this.#bytes / this.#bytesPerSecond) * 1000 - nowMs
    if (waitMs >= pauseMsMin) {
      await sleep(this.#clock, waitMs)
    } else if (waitMs < 0) {
      // What was not used in time is no credit for later.
      this.#startMs = nowMs
      this.#bytes = 0
    }
  }
}

/** The file, with all that is read and written counted. */
export function metered(file: File, onRead: (bytes: number) => Promise<void>, onWrite = onRead): File {
  return {
    path: file.path,
    async read(target, position) {
      const count = await file.read(target, position)
      await onRead(count)
      return count
    },
    async write(buffers, position) {
      const count = await file.write(buffers, position)
      await onWrite(count)
      return count
    },
    truncate: (size) => file.truncate(size),
    sync: () => file.sync(),
    size: () => file.size(),
    close: () => file.close(),
  }
}
