import { seededRandom } from '@millrace/base'
import { expect, it } from 'vitest'
import { OrderBook, ordersTopic, priceByProduct } from './order.ts'

it('numbers the orders of each customer, and charges what they cost', () => {
  const book = new OrderBook(seededRandom(1))
  const orders = Array.from({ length: 500 }, () => book.next())
  expect(new Set(orders.map(({ id }) => id)).size).toBe(500)
  const ofAda = orders.filter(({ customer }) => customer === 'ada')
  expect(ofAda.map(({ number }) => number)).toEqual(ofAda.map((_, index) => index + 1))
  for (const { cents, quantity, product } of orders) expect(cents).toBe(quantity * (priceByProduct.get(product) ?? 0))
})

it('comes back from its bytes as it was', () => {
  const order = new OrderBook(seededRandom(2)).next()
  const { value } = ordersTopic('orders')
  expect(value.decode(Buffer.from(value.encode(order)))).toEqual(order)
})
