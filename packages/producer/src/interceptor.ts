/** What users hang into a producer: to add to records, to count, to trace. */
import type { Logger } from '@millrace/base'
import type { ProduceError } from './produce-error.ts'
import type { ProducerRecord } from './record.ts'

/** What became of the records of one batch. */
export interface DeliveryReport {
  readonly topic: string
  readonly partition: number
  readonly recordCount: number
  /** Of the first record; -1 when unknown or when they were not written. */
  readonly baseOffset: number
  readonly error: ProduceError | undefined
}

/** What one throws is logged, and hinders nothing. */
export interface ProducerInterceptor {
  /** Sees a record before it is encoded; gives another one to be sent in its place, or nothing to leave it as it is. */
  onSend?(topic: string, record: ProducerRecord<unknown, unknown>): ProducerRecord<unknown, unknown> | undefined
  /** Called once for every batch of records that is acknowledged or failed. */
  onDelivered?(report: DeliveryReport): void
}

/** The interceptors of a producer, as one. */
export class Interceptors {
  readonly #list: readonly ProducerInterceptor[]
  readonly #logger: Logger

  constructor(list: readonly ProducerInterceptor[], logger: Logger) {
    this.#list = list
    this.#logger = logger
  }

  get isEmpty(): boolean {
    return this.#list.length === 0
  }

  onSend<K, V>(topic: string, record: ProducerRecord<K, V>): ProducerRecord<K, V> {
    let current = record as ProducerRecord<unknown, unknown>
    for (const interceptor of this.#list) {
      this.#guard('onSend', () => {
        current = interceptor.onSend?.(topic, current) ?? current
      })
    }
    return current as ProducerRecord<K, V>
  }

  onDelivered(report: DeliveryReport): void {
    for (const interceptor of this.#list) this.#guard('onDelivered', () => interceptor.onDelivered?.(report))
  }

  #guard(name: string, call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#logger.error(`${name} of a producer interceptor failed`, { error })
    }
  }
}
