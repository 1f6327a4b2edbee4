/** Who waits in `flush`, and for what. Pure. */
import { type Deferred, deferred } from '@millrace/base'

export class Flushes<T extends object> {
  readonly #open = new Set<{ readonly items: Set<T>; readonly done: Deferred<void> }>()

  get isEmpty(): boolean {
    return this.#open.size === 0
  }

  /** Resolves when all of these are {@link finish}ed. */
  async wait(items: Iterable<T>): Promise<void> {
    const flush = { items: new Set(items), done: deferred<void>() }
    if (flush.items.size === 0) return
    this.#open.add(flush)
    try {
      await flush.done.promise
    } finally {
      this.#open.delete(flush)
    }
  }

  /** Whoever waits for `item` waits for `others` instead. */
  replace(item: T, others: readonly T[]): void {
    for (const { items } of this.#open) if (items.delete(item)) for (const other of others) items.add(other)
  }

  finish(item: T): void {
    for (const { items, done } of this.#open) if (items.delete(item) && items.size === 0) done.resolve()
  }
}
