/** The async iterator behind `messages` and `batches`. */
import { deferred } from '@millrace/base'
import { MillraceError } from '@millrace/client'

/** Where items come from. */
export interface StreamSource<T> {
  /** User code is done with what it has. */
  finish(): void
  /** User code will not finish what it has: it is handed out again some day. */
  takeBack(): void
  /** The next item; undefined when there is none now. Throws what user code has to know. */
  take(): T | undefined
  /** Resolves when it is worth to ask again. */
  changed(): Promise<void>
  /** No more items will come, or are wanted. Asked before each item. */
  readonly isOver: boolean
  /** The stream is over; {@link changed} shall resolve. */
  onEnd(): void
}

const done = { done: true, value: undefined } as const

/**
 * What user code was given counts as done when it asks for more. Leaving the loop, by `break` or by an error, does not finish the
 * last item: it comes again.
 */
export class Stream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #source: StreamSource<T>
  readonly #signal: AbortSignal | undefined
  #isOver = false
  #isWaiting = false

  /** @param signal ends the stream when it is aborted, as if there were nothing more */
  constructor(source: StreamSource<T>, signal: AbortSignal | undefined) {
    this.#source = source
    this.#signal = signal
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#isWaiting) {
      const message = 'next() was called again before it had answered: one loop reads a consumer'
      return Promise.reject(new MillraceError('invalid-argument', message))
    }
    if (this.#isOver) return Promise.resolve(done)
    this.#source.finish()
    try {
      const result = this.#poll()
      if (result !== undefined) return Promise.resolve(result)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#wait()
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (!this.#isOver) this.#source.takeBack()
    this.#end()
    return done
  }

  #poll(): IteratorResult<T, undefined> | undefined {
    if (this.#source.isOver || this.#signal?.aborted) this.#end()
    if (this.#isOver) return done
    try {
      const item = this.#source.take()
      return item === undefined ? undefined : { done: false, value: item }
    } catch (error) {
      // A loop does not call return() after an error: the next loop may begin.
      this.#end()
      throw error
    }
  }

  async #wait(): Promise<IteratorResult<T, undefined>> {
    this.#isWaiting = true
    const aborted = deferred<void>()
    const onAbort = () => aborted.resolve()
    this.#signal?.addEventListener('abort', onAbort, { once: true })
    // Looking for an item calls listeners of user code: one of them may have aborted it.
    if (this.#signal?.aborted) aborted.resolve()
    try {
      for (;;) {
        const changed = this.#source.changed()
        // Without a signal there is nothing to race with, and nothing that would remember every wait.
        await (this.#signal === undefined ? changed : Promise.race([changed, aborted.promise]))
        const result = this.#poll()
        if (result !== undefined) return result
      }
    } finally {
      this.#signal?.removeEventListener('abort', onAbort)
      this.#isWaiting = false
    }
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#source.onEnd()
  }
}
