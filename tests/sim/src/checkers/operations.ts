/** Which produce and fetch operations are under way: what an event that ends one belongs to. */
import type { FetchEvent, HistoryEvent, ProduceEvent } from '../history.ts'

export type Produce = Extract<ProduceEvent, { type: 'produce' }>
export type Fetch = Extract<FetchEvent, { type: 'fetch' }>

export class OpenOperations<T extends { readonly operation: number }> {
  readonly #open = new Map<number, T>()

  begin(event: T): void {
    this.#open.set(event.operation, event)
  }

  end(event: { readonly operation: number }): T {
    const begun = this.#open.get(event.operation)
    if (begun === undefined) throw new Error(`operation ${event.operation} ends and never began: the history is wrong`)
    this.#open.delete(event.operation)
    return begun
  }
}

export type ReadEvent = Extract<HistoryEvent, { type: 'fetch-ok' | 'log-read' }>
