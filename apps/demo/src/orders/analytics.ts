/** Analytics: revenue and orders by customer, as a view that can be made again from the log at any time. */

import { Positions } from '../positions.ts'
import { formatEuros } from '../terminal/format.ts'
import { type Account, credited } from './books.ts'
import type { Delivery, Service } from './service.ts'

/** What a view was when it had seen everything before these offsets. */
export interface ViewSnapshot {
  readonly accounts: ReadonlyMap<string, Account>
  readonly positions: ReadonlyMap<number, number>
}

export class Analytics implements Service {
  readonly #accounts = new Map<string, Account>()
  readonly #positions = new Positions()

  get orderCount(): number {
    return this.#positions.handledCount
  }

  get againCount(): number {
    return this.#positions.againCount
  }

  handle({ partition, offset, order }: Delivery): void {
    if (!this.#positions.advance(partition, offset)) return
    this.#accounts.set(order.customer, credited(this.#accounts.get(order.customer), order))
  }

  snapshot(): ViewSnapshot {
    return { accounts: new Map(this.#accounts), positions: this.#positions.entries }
  }

  get headline(): string {
    const [first] = [...this.#accounts].sort(([, a], [, b]) => b.cents - a.cents)
    return first === undefined ? 'nobody yet' : `${first[0]} leads with ${formatEuros(first[1].cents)}`
  }
}

/** A second view, made from the log up to where another one stood. */
export class Replay {
  readonly #target: ViewSnapshot
  readonly #view = new Analytics()

  constructor(target: ViewSnapshot) {
    this.#target = target
  }

  get orderCount(): number {
    return this.#view.orderCount
  }

  /** What came after the other view was looked at is not for this one. */
  handle(delivery: Delivery): void {
    if (delivery.offset < (this.#target.positions.get(delivery.partition) ?? 0)) this.#view.handle(delivery)
  }

  get isDone(): boolean {
    const { positions } = this.#view.snapshot()
    return [...this.#target.positions].every(([partition, next]) => (positions.get(partition) ?? 0) >= next)
  }

  /** What differs between the two, a line each. */
  get differences(): readonly string[] {
    return accountDifferences(this.#target.accounts, this.#view.snapshot().accounts)
  }
}

/** Customers whose accounts are not the same in both, a line each. */
export function accountDifferences(
  expected: ReadonlyMap<string, Account>,
  actual: ReadonlyMap<string, Account>,
): readonly string[] {
  const describe = (account: Account | undefined) =>
    account === undefined ? 'nothing' : `${account.orderCount} for ${formatEuros(account.cents)}`
  return [...new Set([...expected.keys(), ...actual.keys()])].flatMap((customer) => {
    const [a, b] = [describe(expected.get(customer)), describe(actual.get(customer))]
    return a === b ? [] : [`${customer}: ${a}, not ${b}`]
  })
}
