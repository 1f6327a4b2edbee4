import { ErrorCode, type Request, type ResponseInput } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { TypedApi } from './handler.ts'
import { ProducerIdBlocks } from './producer-ids.ts'
import type { ControllerChannel } from './services.ts'

const blockSize = 10

/** Hands out blocks, one after the other, when the test lets it. */
class BlockSource implements ControllerChannel {
  readonly requests: unknown[] = []
  errorCode: number = ErrorCode.NONE
  isReachable = true
  #next = 0

  async send<A extends TypedApi>(_: A, request: Request<A>): Promise<ResponseInput<A>> {
    this.requests.push(request)
    if (!this.isReachable) throw new Error('no controller')
    return this.#answer() as ResponseInput<A>
  }

  #answer(): object {
    if (this.errorCode !== ErrorCode.NONE) return { errorCode: this.errorCode }
    const producerIdStart = this.#next
    this.#next += blockSize
    return { errorCode: ErrorCode.NONE, producerIdStart, producerIdLen: blockSize }
  }
}

const blocks = (source: BlockSource) => new ProducerIdBlocks(source, () => ({ id: 3, epoch: 7 }))

describe('producer ids', () => {
  it('come one after the other, none twice, over several blocks', async () => {
    const source = new BlockSource()
    const ids = blocks(source)
    const taken: (number | undefined)[] = []
    for (let count = 0; count < 35; count++) taken.push(await ids.next())
    expect(taken).toEqual(Array.from({ length: 35 }, (_, index) => index))
  })

  it('are asked for as this broker in its present epoch', async () => {
    const source = new BlockSource()
    await blocks(source).next()
    expect(source.requests).toEqual([{ brokerId: 3, brokerEpoch: 7 }])
  })

  it('of the next block are fetched before the present one is used up, and only once', async () => {
    const source = new BlockSource()
    const ids = blocks(source)
    for (let count = 0; count < 8; count++) await ids.next()
    expect(source.requests).toHaveLength(1)
    await ids.next()
    await ids.next()
    expect(source.requests).toHaveLength(2)
  })

  it('asked for at once by many take one block', async () => {
    const source = new BlockSource()
    const ids = blocks(source)
    const taken = await Promise.all(Array.from({ length: 5 }, () => ids.next()))
    expect(taken.toSorted()).toEqual([0, 1, 2, 3, 4])
    expect(source.requests).toHaveLength(1)
  })

  it('are missing while no controller gives any, and come when one does', async () => {
    const source = new BlockSource()
    const ids = blocks(source)
    source.isReachable = false
    expect(await ids.next()).toBeUndefined()
    source.isReachable = true
    source.errorCode = ErrorCode.STALE_BROKER_EPOCH
    expect(await ids.next()).toBeUndefined()
    source.errorCode = ErrorCode.NONE
    expect(await ids.next()).toBe(0)
  })

  it('are never given out beyond a block, whatever the order of many who ask', async () => {
    const source = new BlockSource()
    const ids = blocks(source)
    const taken = (await Promise.all(Array.from({ length: 57 }, () => ids.next()))).filter((id) => id !== undefined)
    expect(new Set(taken).size).toBe(taken.length)
    const highest = source.requests.length * blockSize
    expect(taken.every((id) => id < highest)).toBe(true)
  })
})
