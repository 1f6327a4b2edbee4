/** A broker that cases run against, and a way to it that no fault is in. */
import type { Address } from '@millrace/network'

export interface TestBroker {
  /** Where it listens now. */
  readonly address: Address
  /** Stops in order, and starts on the same data and port. */
  restart(): Promise<void>
  /** The same with another port. */
  move(): Promise<void>
  stop(): Promise<void>
}

export interface BrokerKind {
  readonly name: 'millrace' | 'kafka'
  /** How many may run at a time. */
  readonly countMax: number
  /** `isLasting`: it will be stopped and started on its data. */
  start(isLasting: boolean): Promise<TestBroker>
}

/** Settings of every broker here: groups form at once, and members that are gone are noticed soon. */
export const brokerSettings: readonly (readonly [key: string, value: string])[] = [
  ['group.initial.rebalance.delay.ms', '0'],
  ['group.min.session.timeout.ms', '500'],
  ['offsets.topic.num.partitions', '8'],
  ['auto.create.topics.enable', 'false'],
]
