/** The clients of one partition: what they send next, drawn from chance and from what they know of their sequences. */
import { type Random, randomBelow } from '@millrace/base'
import { codecById, encodeBatch, encodeControlBatch } from '@millrace/protocol'
import type { AppendOptions, Log } from '@millrace/storage'

/** What a producer knows before it sends. */
export interface ProducerView {
  readonly epoch: number
  /** Of the next record. */
  readonly sequence: number
  readonly isOpen: boolean
}

export interface Sending {
  /** A fresh buffer: the log may change it. */
  readonly bytes: Buffer
  readonly options: Omit<AppendOptions, 'leaderEpoch'>
  readonly marker: 'abort' | 'commit' | undefined
}

const idempotent = [10, 11]
const transactional = [20, 21, 22]
const keyCount = 8

export class Writers {
  readonly #random: Random
  /** Whether a marker starts a new epoch, as since KIP-890. */
  readonly #bumpsEpochs: boolean
  readonly #hasNullKeys: boolean

  constructor(random: Random, { hasNullKeys }: { readonly hasNullKeys: boolean }) {
    this.#random = random
    this.#bumpsEpochs = randomBelow(random, 2) === 0
    this.#hasNullKeys = hasNullKeys
  }

  /** What comes next. `view` tells what a producer knows, undefined for one that never wrote. */
  next(view: (producerId: number) => ProducerView | undefined, nowMs: number): Sending {
    const what = this.#below(10)
    if (what < 4) return this.#data(-1, undefined, nowMs)
    if (what < 6) {
      const producerId = idempotent[this.#below(idempotent.length)] as number
      return this.#data(producerId, view(producerId), nowMs)
    }
    const producerId = transactional[this.#below(transactional.length)] as number
    const known = view(producerId)
    if (known?.isOpen && this.#below(3) === 0) return this.#marker(producerId, known, nowMs)
    return this.#data(producerId, known, nowMs)
  }

  #below(bound: number): number {
    return randomBelow(this.#random, bound)
  }

  #data(producerId: number, view: ProducerView | undefined, nowMs: number): Sending {
    const count = 1 + this.#below(4)
    const records = Array.from({ length: count }, () => ({
      timestamp: nowMs - this.#below(2000),
      key: this.#key(),
      value: this.#below(7) === 0 ? null : `${this.#below(1e6)} ${'v'.repeat(this.#below(90))}`,
      headers: this.#below(9) === 0 ? [{ key: 'h', value: 'x' }] : [],
    }))
    const isTransactional = producerId >= (transactional[0] as number)
    const producer = producerId < 0 ? {} : { producerId, producerEpoch: view?.epoch ?? 0 }
    const baseSequence = producerId < 0 ? -1 : (view?.sequence ?? 0)
    const codec = this.#below(3) === 0 ? this.#below(5) : 0
    const options = { codec: codecById(codec), ...producer, baseSequence, isTransactional }
    return { bytes: encodeBatch(records, options), options: { origin: 'client' }, marker: undefined }
  }

  #key(): string | null {
    return this.#hasNullKeys && this.#below(12) === 0 ? null : `key ${this.#below(keyCount)}`
  }

  #marker(producerId: number, { epoch }: ProducerView, nowMs: number): Sending {
    const isAbort = this.#below(2) === 0
    const producerEpoch = this.#bumpsEpochs ? epoch + 1 : epoch
    const bytes = encodeControlBatch([{ type: isAbort ? 'Abort' : 'Commit', data: { coordinatorEpoch: 0 } }], {
      timestamp: nowMs,
      producerId,
      producerEpoch,
      isTransactional: true,
    })
    return { bytes, options: { origin: 'coordinator' }, marker: isAbort ? 'abort' : 'commit' }
  }
}

/** What a producer learns of the log when it starts anew. */
export function viewOf(log: Log): (producerId: number) => ProducerView | undefined {
  return (producerId) => {
    const entry = log.producer(producerId)
    if (entry === undefined) return undefined
    const last = entry.batches.at(-1)?.lastSequence ?? -1
    return { epoch: entry.epoch, sequence: last + 1, isOpen: entry.transactionStart >= 0 }
  }
}
