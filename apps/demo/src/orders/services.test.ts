import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { Analytics, accountDifferences, Replay } from './analytics.ts'
import { Books } from './books.ts'
import { Inventory } from './inventory.ts'
import { Notification } from './notification.ts'
import { customers, OrderBook } from './order.ts'
import { Payment } from './payment.ts'
import type { Delivery, Service } from './service.ts'

/** Orders as a topic of two partitions has them. */
function deliveriesOf(count: number): { readonly deliveries: readonly Delivery[]; readonly books: Books } {
  const book = new OrderBook(seededRandom(7))
  const books = new Books()
  const ends = [0, 0]
  const deliveries = Array.from({ length: count }, () => {
    const order = book.next()
    books.add(order)
    const partition = customers.indexOf(order.customer as (typeof customers)[number]) % 2
    const offset = ends[partition] ?? 0
    ends[partition] = offset + 1
    return { partition, offset, order }
  })
  return { deliveries, books }
}

/** Everything once, and the last hundred again in between: a member died before it could commit. */
function deliverAtLeastOnce(service: Service, deliveries: readonly Delivery[]): void {
  for (const delivery of deliveries.slice(0, 600)) service.handle(delivery)
  for (const delivery of deliveries.slice(500)) service.handle(delivery)
}

const { deliveries, books } = deliveriesOf(1000)

describe('a service that is told everything at least once', () => {
  it.each([new Inventory(), new Payment(), new Notification(), new Analytics()])(
    'counts every order once',
    (service) => {
      deliverAtLeastOnce(service, deliveries)
      expect(service.orderCount).toBe(1000)
      expect(service.againCount).toBe(100)
      expect(service.headline).not.toBe('')
    },
  )

  it('takes what was sold from the shelves', () => {
    const inventory = new Inventory()
    deliverAtLeastOnce(inventory, deliveries)
    expect(inventory.soldByProduct).toEqual(books.soldByProduct)
    expect(inventory.balance.onShelves).toBe(inventory.balance.expected)
    expect(Math.min(...inventory.stock.values())).toBeGreaterThanOrEqual(20)
  })

  it('takes the money once', () => {
    const payment = new Payment()
    deliverAtLeastOnce(payment, deliveries)
    expect(payment.cents).toBe(books.cents)
  })

  it('tells customers about every order', () => {
    const notification = new Notification()
    deliverAtLeastOnce(notification, deliveries)
    expect(notification.missedCount).toBe(0)
  })
})

it('payment remembers a limited number of orders', () => {
  const payment = new Payment(2)
  for (const index of [0, 1, 2, 1, 0]) payment.handle(deliveries[index] as Delivery)
  expect(payment).toMatchObject({ orderCount: 4, againCount: 1 })
})

it('notification sees what is missing', () => {
  const notification = new Notification()
  const ofAda = deliveries.filter(({ order }) => order.customer === 'ada')
  for (const index of [0, 1, 4]) notification.handle(ofAda[index] as Delivery)
  expect(notification).toMatchObject({ orderCount: 3, missedCount: 2 })
})

describe('a view that is made again from the log', () => {
  const live = new Analytics()
  for (const delivery of deliveries.slice(0, 700)) live.handle(delivery)
  const target = live.snapshot()

  it('equals the live one as it was, whatever came since', () => {
    const replay = new Replay(target)
    for (const delivery of deliveries.slice(0, 600)) replay.handle(delivery)
    expect(replay.isDone).toBe(false)
    for (const delivery of deliveries.slice(600)) replay.handle(delivery)
    expect(replay.isDone).toBe(true)
    expect(replay.orderCount).toBe(700)
    expect(replay.differences).toEqual([])
  })

  it('says what differs', () => {
    const accounts = new Map([...target.accounts].filter(([customer]) => customer !== 'ada'))
    expect(accountDifferences(target.accounts, accounts)).toEqual([
      expect.stringMatching(/^ada: \d+ for €.*, not nothing$/),
    ])
  })
})
