/** Notification: tells customers about their orders, in the order they were made; sees by their numbers if one is missing. */
import type { Delivery, Service } from './service.ts'

export class Notification implements Service {
  readonly #lastByCustomer = new Map<string, number>()
  #last = 'nobody yet'
  orderCount = 0
  againCount = 0
  missedCount = 0

  handle({ order: { id, customer, number } }: Delivery): void {
    const last = this.#lastByCustomer.get(customer) ?? 0
    if (number <= last) {
      this.againCount++
      return
    }
    this.missedCount += number - last - 1
    this.#lastByCustomer.set(customer, number)
    this.orderCount++
    this.#last = id
  }

  get headline(): string {
    return `told ${this.#last}`
  }
}
