import { randomBelow, seededRandom, systemClock } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { makeBatch } from '../test/batches.ts'
import { MemoryFileSystem } from './fs/memory.ts'
import type { File } from './fs/port.ts'
import { type ScanOptions, scanBatches } from './scan.ts'

async function fileWith(...pieces: Buffer[]): Promise<{ file: File; size: number }> {
  const file = await new MemoryFileSystem(systemClock).open('/x', 'create')
  const bytes = Buffer.concat(pieces)
  await file.write([bytes], 0)
  return { file, size: bytes.length }
}

async function scan(file: File, size: number, options: Partial<ScanOptions> = {}) {
  const positions: number[] = []
  const all = { start: 0, end: size, nextOffset: 0, verify: true, chunkBytes: 4096, ...options }
  const end = await scanBatches(file, all, (bytes, at, position) => {
    expect(BatchHeader.magic(bytes, at)).toBe(2)
    positions.push(position)
    return true
  })
  return { ...end, positions }
}

const batches = [
  makeBatch({ count: 3, valueSize: 100 }),
  makeBatch({ baseOffset: 3, valueSize: 9000 }),
  makeBatch({ baseOffset: 10, count: 2 }),
]

describe('scanBatches', () => {
  it('walks batches that are larger than its buffer, checked or not', async () => {
    const { file, size } = await fileWith(...batches)
    const positions = [0, batches[0]?.length, size - (batches[2]?.length ?? 0)]
    for (const chunkBytes of [61, 100, 4096, 1 << 20]) {
      for (const verify of [true, false]) {
        const end = await scan(file, size, { chunkBytes, verify })
        expect(end).toEqual({ position: size, nextOffset: 12, problem: undefined, positions })
      }
    }
  })

  it('ends at the first thing that is no batch, and says why', async () => {
    const [first, second] = batches as [Buffer, Buffer]
    const flipped = Buffer.from(second)
    flipped[5000] = (flipped[5000] as number) ^ 1
    const cases: [Buffer[], string][] = [
      [[first, flipped], 'CRC'],
      [[first, Buffer.alloc(20)], 'a header is cut'],
      [[first, Buffer.alloc(200)], 'record format 0'],
      [[first, second.subarray(0, 300)], `a batch of ${second.length} bytes, with 300 left`],
      [[first, makeBatch({ baseOffset: 2 })], 'offset 2 where 3 or more must follow'],
      [[first, Buffer.alloc(100, 0xff)], 'record format -1'],
    ]
    for (const [pieces, problem] of cases) {
      const { file, size } = await fileWith(...pieces)
      const end = await scan(file, size, { chunkBytes: 1000 })
      expect([end.position, end.nextOffset, end.positions]).toEqual([first.length, 3, [0]])
      expect(end.problem).toContain(problem)
    }
  })

  it('makes no room for a size that a header only claims', async () => {
    const liar = Buffer.alloc(4000)
    makeBatch({ valueSize: 3000 }).copy(liar)
    liar.writeInt32BE(0x7ffffff0, 8)
    const { file, size } = await fileWith(liar)
    expect((await scan(file, size)).problem).toContain('a batch of 2147483644 bytes')
  })

  it('survives any bytes', async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed)
      const bytes = Buffer.concat(batches)
      for (let count = randomBelow(random, 6); count >= 0; count--)
        bytes[randomBelow(random, bytes.length)] = randomBelow(random, 256)
      const { file, size } = await fileWith(bytes.subarray(randomBelow(random, 3) === 0 ? randomBelow(random, 400) : 0))
      const end = await scan(file, size, {
        chunkBytes: 61 + randomBelow(random, 2000),
        verify: randomBelow(random, 2) === 0,
      })
      expect(end.position, `seed ${seed}`).toBeLessThanOrEqual(size)
    }
  })
})
