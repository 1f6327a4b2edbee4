/** Inventory: takes what is ordered from the shelves, and fills them up. Handles each offset once, by its place in the log. */

import { Positions } from '../positions.ts'
import { formatCount } from '../terminal/format.ts'
import { priceByProduct } from './order.ts'
import type { Delivery, Service } from './service.ts'

const initialCount = 150
const refillBelow = 20

export class Inventory implements Service {
  readonly #positions = new Positions()
  readonly stock = new Map<string, number>()
  readonly soldByProduct = new Map<string, number>()
  #refillCount = 0

  constructor() {
    for (const product of priceByProduct.keys()) this.stock.set(product, initialCount)
  }

  get orderCount(): number {
    return this.#positions.handledCount
  }

  get againCount(): number {
    return this.#positions.againCount
  }

  handle({ partition, offset, order: { product, quantity } }: Delivery): void {
    if (!this.#positions.advance(partition, offset)) return
    let left = (this.stock.get(product) ?? 0) - quantity
    if (left < refillBelow) {
      left += initialCount
      this.#refillCount++
    }
    this.stock.set(product, left)
    this.soldByProduct.set(product, (this.soldByProduct.get(product) ?? 0) + quantity)
  }

  /** Pieces on the shelves, and all that were ever on them less those that were sold: the same, or something went wrong. */
  get balance(): { readonly onShelves: number; readonly expected: number } {
    const bought = (priceByProduct.size + this.#refillCount) * initialCount
    return { onShelves: sum(this.stock), expected: bought - sum(this.soldByProduct) }
  }

  get headline(): string {
    const [product, left] = [...this.stock].reduce((least, each) => (each[1] < least[1] ? each : least))
    return `${formatCount(left)} ${product} left, refilled ${this.#refillCount} times`
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}
