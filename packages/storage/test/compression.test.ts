import { inlineWorkers, seededRandom, systemClock, type Workers } from '@millrace/base'
import { BatchHeader, codecByName, encodeBatch, openBatch } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { LogConfig } from '../src/config.ts'
import { MemoryFileSystem } from '../src/fs/memory.ts'
import { appendAcked, client, openLog, readAll } from './logs.ts'

const random = seededRandom(3)
const words = Array.from({ length: 100 }, () => random.bytes(4).toString('hex'))
const text = (count: number) => Array.from({ length: count }, () => words[random.uint32() % words.length]).join(' ')

/** A batch of `valueCount` values of about 900 bytes. */
function batchOf(valueCount: number, compression: 'none' | 'gzip' | 'lz4' | 'zstd' | 'snappy'): Buffer {
  const records = Array.from({ length: valueCount }, (_, index) => {
    return { timestamp: 1_750_000_000_000 + index, key: `k${index}`, value: text(100) }
  })
  return encodeBatch(records, { codec: codecByName(compression) })
}

function contents(batch: Buffer): unknown[] {
  return openBatch(batch)
    .records()
    .map(({ timestamp, key, value }) => [timestamp, key?.toString(), value?.toString()])
}

function counting(): { readonly jobs: string[]; readonly workers: Workers } {
  const jobs: string[] = []
  const run: Workers['run'] = (job, input) => {
    jobs.push(job.name)
    return inlineWorkers.run(job, input)
  }
  return { jobs, workers: { ...inlineWorkers, run } }
}

describe('compression.type', () => {
  it.each(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    '%s is what a log stores',
    async (compressionType) => {
      const log = await openLog(new MemoryFileSystem(systemClock), { config: { compressionType } })
      const codec = codecByName(compressionType === 'uncompressed' ? 'none' : compressionType)
      for (const sent of ['none', 'gzip', 'lz4'] as const) {
        const batch = batchOf(3, sent)
        const expected = contents(batch)
        const offset = await appendAcked(log, batch)
        const stored = await readAll(log, offset)
        expect(BatchHeader.codec(stored, 0)).toBe(codec?.id)
        expect(BatchHeader.isCrcValid(stored, 0)).toBe(true)
        expect(contents(stored)).toEqual(expected)
      }
    },
  )

  it('keeps what comes in it already as it is', async () => {
    const log = await openLog(new MemoryFileSystem(systemClock), { config: { compressionType: 'zstd' } })
    const batch = batchOf(3, 'zstd')
    const before = Buffer.from(batch)
    await appendAcked(log, batch)
    expect((await readAll(log)).subarray(21)).toEqual(before.subarray(21))
  })

  it.each([
    ['gzip', { compressionGzipLevel: 1 }, { compressionGzipLevel: 9 }],
    ['lz4', { compressionLz4Level: 9 }, { compressionLz4Level: 12 }],
    ['zstd', { compressionZstdLevel: -100 }, { compressionZstdLevel: 19 }],
  ] as const)('%s has its level', async (compressionType, fast, small) => {
    const batch = encodeBatch(
      Array.from({ length: 300 }, (_, index) => {
        const value = `order ${index} of customer ${index % 7}: ${words[index % 5]} for ${words[index % 3]}, paid`
        return { timestamp: 1_750_000_000_000, key: `k${index}`, value }
      }),
    )
    const sizeWith = async (level: Partial<LogConfig>) => {
      const log = await openLog(new MemoryFileSystem(systemClock), { config: { compressionType, ...level } })
      await appendAcked(log, Buffer.from(batch))
      return log.sizeInBytes
    }
    expect(await sizeWith(small)).toBeLessThan(await sizeWith(fast))
  })

  it('refuses what is too large for the topic once it is stored', async () => {
    const config = { compressionType: 'uncompressed', maxMessageBytes: 5000 } as const
    const log = await openLog(new MemoryFileSystem(systemClock), { config })
    const batch = batchOf(10, 'gzip')
    expect(batch.length).toBeLessThan(5000)
    expect(log.append(batch, client)).toMatchObject({ kind: 'refused', errorCode: 10 })
    expect(log.endOffset).toBe(0)
  })

  it('is for the workers when it takes long, and only then', async () => {
    const { jobs, workers } = counting()
    const log = await openLog(new MemoryFileSystem(systemClock), { config: { compressionType: 'lz4' }, workers })
    expect(log.prepare(batchOf(3, 'none'))).toBeUndefined()
    expect(log.prepare(batchOf(300, 'lz4'))).toBeUndefined()
    const large = batchOf(300, 'none')
    const expected = contents(large)
    const prepared = await log.prepare(large)
    expect(jobs).toEqual(['lz4 compress'])
    await appendAcked(log, prepared as Buffer)
    expect(contents(await readAll(log))).toEqual(expected)
    expect(jobs).toHaveLength(1)
    const other = await openLog(new MemoryFileSystem(systemClock), { workers })
    expect(other.prepare(batchOf(300, 'gzip'))).toBeUndefined()
  })

  it('leaves what is damaged to be refused when it is appended', async () => {
    const log = await openLog(new MemoryFileSystem(systemClock), { config: { compressionType: 'lz4' } })
    const damaged = batchOf(300, 'none')
    damaged[5000] = (damaged[5000] as number) ^ 1
    const prepared = await log.prepare(damaged)
    expect(log.append(prepared as Buffer, client)).toMatchObject({ kind: 'refused', errorCode: 2 })
  })
})
