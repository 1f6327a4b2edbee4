import { expect, it } from 'vitest'
import { clientNames } from '../plan.ts'
import { takeoverOrders } from './takeover.ts'

it('lets every client take over from every other once', () => {
  const pairs: string[] = []
  for (const order of takeoverOrders(clientNames)) {
    expect(order.toSorted()).toEqual(clientNames.toSorted())
    for (const [place, name] of order.entries()) if (place > 0) pairs.push(`${order[place - 1]} ${name}`)
  }
  expect(new Set(pairs).size).toBe(pairs.length)
  expect(pairs).toHaveLength(clientNames.length * (clientNames.length - 1))
})
