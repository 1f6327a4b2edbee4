import { inlineWorkers, seededRandom, ThreadWorkers, WorkerError, type Workers } from '@millrace/base'
import { afterAll, describe, expect, it } from 'vitest'
import { CompressionError } from './codec.ts'
import { lz4 } from './lz4.ts'
import { snappy } from './snappy.ts'

const threads = new ThreadWorkers({ entry: () => new URL(import.meta.resolve('@millrace/protocol/worker')) })
const gone: Workers = { run: () => Promise.reject(new WorkerError('there is no thread')), close: async () => {} }

afterAll(() => threads.close())

const random = seededRandom(11)
const words = Array.from({ length: 200 }, () => random.bytes(6).toString('hex'))
const text = Buffer.from(Array.from({ length: 20_000 }, () => words[random.uint32() % words.length]).join(' '))

describe.each([
  ['lz4', lz4, undefined],
  ['lz4 at level 12', lz4, 12],
  ['snappy', snappy, undefined],
] as const)('%s', (_, codec, level) => {
  it.each([
    ['in place', inlineWorkers],
    ['in a thread', threads],
    ['without a thread', gone],
  ] as const)('does the same beside the event loop, %s', async (_where, workers) => {
    const inner = text.subarray(100, -100)
    const compressed = await codec.compressAsync(inner, level, workers)
    expect(compressed.equals(codec.compress(inner, level))).toBe(true)
    const content = await codec.decompressAsync(compressed, text.length, workers)
    expect(content.equals(inner)).toBe(true)
    if (workers === threads) expect(threads.threadCount).toBe(1)
    const tooLarge = codec.decompressAsync(compressed, 1000, workers)
    await expect(tooLarge).rejects.toBeInstanceOf(CompressionError)
    await expect(tooLarge).rejects.toMatchObject({ code: 'too-large', codec: codec.name })
    const cut = codec.decompressAsync(compressed.subarray(0, 1000), text.length, workers)
    await expect(cut).rejects.toMatchObject({ code: 'corrupt', codec: codec.name })
  })
})
