/** Producer ids from blocks that the controller gives, the next block fetched before this one is used up. */
import { AllocateProducerIds, ErrorCode } from '@millrace/protocol'
import type { ControllerChannel, ProducerIds } from './services.ts'

/** Part of a block after which the next one is fetched. */
const prefetchFraction = 0.9

interface Block {
  readonly start: number
  readonly count: number
}

export class ProducerIdBlocks implements ProducerIds {
  readonly #channel: ControllerChannel
  readonly #broker: () => { readonly id: number; readonly epoch: number }
  #block: Block | undefined
  #next: Block | undefined
  #position = 0
  #fetching: Promise<void> | undefined

  /** @param broker who asks: its id and present epoch */
  constructor(channel: ControllerChannel, broker: () => { readonly id: number; readonly epoch: number }) {
    this.#channel = channel
    this.#broker = broker
  }

  async next(): Promise<number | undefined> {
    if (!this.#hasId()) await this.#fetch()
    const block = this.#take()
    if (block === undefined) return undefined
    const id = block.start + this.#position++
    if (this.#position >= block.count * prefetchFraction && this.#next === undefined) void this.#fetch()
    return id
  }

  #hasId(): boolean {
    return (this.#block !== undefined && this.#position < this.#block.count) || this.#next !== undefined
  }

  #take(): Block | undefined {
    if (this.#block === undefined || this.#position >= this.#block.count) {
      this.#block = this.#next
      this.#next = undefined
      this.#position = 0
    }
    return this.#block
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#request().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #request(): Promise<void> {
    const { id, epoch } = this.#broker()
    try {
      const request = { brokerId: id, brokerEpoch: epoch }
      const answer = await this.#channel.send(AllocateProducerIds, request, { apiVersion: 0, principal: 'broker' })
      if (answer.errorCode !== ErrorCode.NONE) return
      this.#next = { start: answer.producerIdStart ?? 0, count: answer.producerIdLen ?? 0 }
    } catch {
      // No controller right now: producers are told to ask again.
    }
  }
}
