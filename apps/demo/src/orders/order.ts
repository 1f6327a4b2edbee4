/** What customers order, and the topic it is written to. */
import { type Random, randomBelow } from '@millrace/base'
import { json, string, type Topic, topic } from 'millrace'

export interface Order {
  /** The same order has the same id, however often it is delivered. */
  readonly id: string
  readonly customer: string
  /** The customer's first order is 1, the next is 2. */
  readonly number: number
  readonly product: string
  readonly quantity: number
  readonly cents: number
}

export const partitionCount = 6

/** Orders by customer: those of one customer are in one partition, in their order. */
export function ordersTopic(name: string): Topic<string, Order> {
  return topic(name, { key: string(), value: json<Order>() })
}

export const priceByProduct: ReadonlyMap<string, number> = new Map([
  ['apples', 120],
  ['bread', 340],
  ['cheese', 890],
  ['dates', 560],
  ['eggs', 280],
  ['figs', 450],
])

const products = [...priceByProduct]
const quantityMax = 4

export const customers = [
  ...['ada', 'alan', 'anita', 'barbara', 'brian', 'claude', 'donald', 'dorothy', 'edsger', 'frances', 'grace', 'hedy'],
  ...['jim', 'joan', 'john', 'katherine', 'ken', 'leslie', 'linus', 'margaret', 'radia', 'shafi', 'tim', 'vint'],
] as const

/** Makes orders: customers and products by chance. */
export class OrderBook {
  readonly #random: Random
  readonly #numberByCustomer = new Map<string, number>()

  constructor(random: Random) {
    this.#random = random
  }

  next(): Order {
    const customer = customers[randomBelow(this.#random, customers.length)] as string
    const [product, price] = products[randomBelow(this.#random, products.length)] as [string, number]
    const quantity = 1 + randomBelow(this.#random, quantityMax)
    const number = (this.#numberByCustomer.get(customer) ?? 0) + 1
    this.#numberByCustomer.set(customer, number)
    return { id: `${customer}-${number}`, customer, number, product, quantity, cents: quantity * price }
  }
}
