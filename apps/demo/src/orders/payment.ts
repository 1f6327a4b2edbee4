/** Payment: takes the money for each order once, however often the order is delivered. It knows orders by their id. */
import { formatEuros } from '../terminal/format.ts'
import type { Delivery, Service } from './service.ts'

/** More than any group delivers again: what was not committed when a member died. */
const idsDefault = 1_000_000

export class Payment implements Service {
  readonly #idsMax: number
  /** The oldest first. */
  readonly #paidIds = new Set<string>()
  orderCount = 0
  againCount = 0
  cents = 0

  constructor(idsMax = idsDefault) {
    this.#idsMax = idsMax
  }

  handle({ order: { id, cents } }: Delivery): void {
    if (this.#paidIds.has(id)) {
      this.againCount++
      return
    }
    this.#remember(id)
    this.orderCount++
    this.cents += cents
  }

  get headline(): string {
    return `${formatEuros(this.cents)} taken`
  }

  #remember(id: string): void {
    this.#paidIds.add(id)
    if (this.#paidIds.size <= this.#idsMax) return
    for (const oldest of this.#paidIds) {
      this.#paidIds.delete(oldest)
      return
    }
  }
}
