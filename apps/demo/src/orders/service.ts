/** What the services behind the four groups have in common. */
import type { Order } from './order.ts'

/** An order as it arrives; the same one may arrive again. */
export interface Delivery {
  readonly partition: number
  readonly offset: number
  readonly order: Order
}

/** A service is its state, whoever of its group's members handles an order: what a database would be elsewhere. */
export interface Service {
  readonly orderCount: number
  /** Deliveries of what was there before: at least once means that there may be some. */
  readonly againCount: number
  handle(delivery: Delivery): void
  /** What it has to say for itself, in few words. */
  readonly headline: string
}
