import { systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { MemoryFileSystem } from './fs/memory.ts'
import { IndexCache, readIndexes, writeIndexes } from './index-files.ts'
import { emptyIndexes, Segment } from './segment.ts'

async function segmentOnDisk(disk: MemoryFileSystem, baseOffset: number, entries: number): Promise<Segment> {
  const segment = new Segment({ baseOffset, directory: '/d', size: 1_000_000, createdMs: 0, exists: true })
  const indexes = emptyIndexes(baseOffset)
  for (let place = 1; place <= entries; place++) {
    indexes.offsets.append(baseOffset + place, place * 100)
    indexes.times.maybeAppend(place, baseOffset + place)
  }
  await writeIndexes(disk, segment, indexes)
  return segment
}

describe('index files', () => {
  it('come back as written, and are written shorter over longer ones', async () => {
    const disk = new MemoryFileSystem(systemClock)
    await disk.makeDirectory('/d')
    await segmentOnDisk(disk, 10, 50)
    const segment = await segmentOnDisk(disk, 10, 3)
    const { indexes, isSound } = await readIndexes(disk, segment)
    expect([indexes.offsets.count, indexes.times.count, isSound]).toEqual([3, 3, true])
    expect(indexes.times.last).toEqual({ timestamp: 3, offset: 13 })
    await disk.remove('/d/00000000000000000010.timeindex')
    expect((await readIndexes(disk, segment)).isSound).toBe(false)
  })

  it('are not sound when they point beyond the data', async () => {
    const disk = new MemoryFileSystem(systemClock)
    await disk.makeDirectory('/d')
    const segment = await segmentOnDisk(disk, 0, 5)
    segment.size = 499
    expect((await readIndexes(disk, segment)).isSound).toBe(false)
  })
})

describe('IndexCache', () => {
  it('keeps the most recently used, up to its bytes, and reads a file once for many callers', async () => {
    const disk = new MemoryFileSystem(systemClock)
    await disk.makeDirectory('/d')
    const segments: Segment[] = []
    for (let place = 0; place < 4; place++) segments.push(await segmentOnDisk(disk, place * 1000, 100))
    const [a, b, c, d] = segments as [Segment, Segment, Segment, Segment]
    const cache = new IndexCache(disk, 6200)
    const [first, again] = await Promise.all([cache.get(a), cache.get(a)])
    expect(first).toBe(again)
    await cache.get(b)
    await cache.get(c)
    expect(cache.peek(a)).toBe(first)
    await cache.get(d)
    expect(segments.map((segment) => cache.peek(segment) !== undefined)).toEqual([true, false, true, true])
    expect(cache.bytes).toBeLessThanOrEqual(6200)
    for (const segment of segments) cache.drop(segment)
    expect(cache.bytes).toBe(0)
  })

  it('prefers what is in memory, and keeps nothing of a segment that is gone', async () => {
    const disk = new MemoryFileSystem(systemClock)
    await disk.makeDirectory('/d')
    const segment = await segmentOnDisk(disk, 0, 5)
    const cache = new IndexCache(disk, 10_000)
    const loading = cache.get(segment)
    segment.isGone = true
    expect((await loading).offsets.count).toBe(5)
    expect(cache.bytes).toBe(0)
    segment.openIndexes()
    expect((await cache.get(segment)).offsets.count).toBe(0)
  })
})
