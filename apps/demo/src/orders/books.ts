/** What was ordered, kept apart from everything that is made of it: the services are checked against these numbers. */
import type { Order } from './order.ts'

export interface Account {
  readonly orderCount: number
  readonly cents: number
}

/** What an account is after an order. */
export function credited(account: Account | undefined, { cents }: Order): Account {
  return { orderCount: (account?.orderCount ?? 0) + 1, cents: (account?.cents ?? 0) + cents }
}

export class Books {
  readonly accounts = new Map<string, Account>()
  readonly soldByProduct = new Map<string, number>()
  orderCount = 0
  cents = 0

  add(order: Order): void {
    this.orderCount++
    this.cents += order.cents
    this.accounts.set(order.customer, credited(this.accounts.get(order.customer), order))
    this.soldByProduct.set(order.product, (this.soldByProduct.get(order.product) ?? 0) + order.quantity)
  }
}
