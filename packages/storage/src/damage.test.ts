import { randomBelow, seededRandom, systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { makeBatch } from '../test/batches.ts'
import { findBatch, holdsUnwrittenSector } from './damage.ts'
import { MemoryFileSystem } from './fs/memory.ts'
import type { File } from './fs/port.ts'

async function fileWith(bytes: Buffer): Promise<File> {
  const file = await new MemoryFileSystem(systemClock).open('/x', 'create')
  await file.write([bytes], 0)
  return file
}

describe('findBatch', () => {
  it('finds the next sound batch behind any garbage', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed)
      const garbage = random.bytes(randomBelow(random, 3000))
      const old = makeBatch({ baseOffset: 5 })
      const next = makeBatch({ baseOffset: 12, valueSize: 200 })
      const bytes = Buffer.concat([garbage, old, next, old])
      const file = await fileWith(bytes)
      const where = `seed ${seed}`
      expect(await findBatch(file, 0, bytes.length, 10), where).toBe(garbage.length + old.length)
      expect(await findBatch(file, 0, bytes.length, 0), where).toBe(garbage.length)
      expect(await findBatch(file, 0, bytes.length, 13), where).toBeUndefined()
      expect(await findBatch(file, bytes.length - 10, bytes.length, 0), where).toBeUndefined()
    }
  })

  it('gives up, as if it had found one, when bytes are made to look like batches without end', async () => {
    const header = makeBatch({ baseOffset: 50 }).subarray(0, 61)
    header.writeInt32BE(60_000 - 12, 8)
    const bytes = Buffer.concat(Array.from({ length: 2000 }, () => header))
    expect(await findBatch(await fileWith(bytes), 0, bytes.length, 0)).toBeLessThan(bytes.length)
  })
})

describe('holdsUnwrittenSector', () => {
  it('sees sectors of zeros, whole or as far as they lie in the range', async () => {
    const bytes = Buffer.alloc(4096, 1)
    bytes.fill(0, 1024, 1536)
    const file = await fileWith(bytes)
    const cases: [from: number, to: number, expected: boolean][] = [
      [0, 4096, true],
      [0, 1024, false],
      [1500, 4096, true],
      [1530, 4096, false],
      [700, 1030, false],
      [700, 1040, true],
      [1536, 4096, false],
      [100, 100, false],
    ]
    for (const [from, to, expected] of cases)
      expect([from, to, await holdsUnwrittenSector(file, from, to)]).toEqual([from, to, expected])
  })

  it('takes no zeros inside of sectors for one', async () => {
    const bytes = Buffer.alloc(2048, 1)
    bytes.fill(0, 520, 1500)
    bytes[1030] = 1
    expect(await holdsUnwrittenSector(await fileWith(bytes), 0, 2048)).toBe(false)
  })

  it('takes the rest of a sector at the end of a file for one, however short', async () => {
    const bytes = Buffer.alloc(1027, 1)
    bytes.fill(0, 1024)
    const file = await fileWith(bytes)
    expect(await holdsUnwrittenSector(file, 700, 1027)).toBe(false)
    expect(await holdsUnwrittenSector(file, 700, 1027, true)).toBe(true)
  })

  it('looks across its own buffer’s end', async () => {
    const bytes = Buffer.alloc((1 << 20) + 5000, 1)
    bytes.fill(0, (1 << 20) - 512, 1 << 20)
    expect(await holdsUnwrittenSector(await fileWith(bytes), 100, bytes.length)).toBe(true)
  })
})
