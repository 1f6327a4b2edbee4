/** The order of answers on one connection: requests may finish in any order, their answers leave in the order of arrival. */
import type { Outgoing } from '@millrace/network'

/** The place of one request's answer. Settled exactly once. */
export interface ResponseSlot {
  /** Answers. `undefined`: this request has no answer (produce with acks 0). */
  settle(chunks: readonly Outgoing[] | undefined): void
}

export class ResponseQueue {
  readonly #slots: { chunks: readonly Outgoing[] | undefined; isSettled: boolean }[] = []
  readonly #write: (chunks: readonly Outgoing[]) => void
  #isClosed = false

  /** @param write sends the chunks of one or more answers; called with answers in order */
  constructor(write: (chunks: readonly Outgoing[]) => void) {
    this.#write = write
  }

  /** Requests that have no answer yet, or whose answer waits for an earlier one. */
  get length(): number {
    return this.#slots.length
  }

  /** Takes the next place. */
  reserve(): ResponseSlot {
    const slot = { chunks: undefined as readonly Outgoing[] | undefined, isSettled: false }
    this.#slots.push(slot)
    return {
      settle: (chunks) => {
        if (this.#isClosed) {
          releaseAll(chunks)
          return
        }
        slot.chunks = chunks
        slot.isSettled = true
        this.#flush()
      },
    }
  }

  /** Drops answers that wait; later ones are released as they come. */
  close(): void {
    this.#isClosed = true
    for (const slot of this.#slots) releaseAll(slot.chunks)
    this.#slots.length = 0
  }

  #flush(): void {
    let count = 0
    const ready: Outgoing[] = []
    for (const slot of this.#slots) {
      if (!slot.isSettled) break
      count++
      if (slot.chunks !== undefined) ready.push(...slot.chunks)
    }
    if (count === 0) return
    this.#slots.splice(0, count)
    if (ready.length > 0) this.#write(ready)
  }
}

function releaseAll(chunks: readonly Outgoing[] | undefined): void {
  for (const chunk of chunks ?? []) if (!Buffer.isBuffer(chunk)) chunk.release()
}
