import { ManualClock, silentLogger, systemClock } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { type LogConfig, parseLogConfig } from '../src/config.ts'
import { MemoryFileSystem } from '../src/fs/memory.ts'
import type { Log } from '../src/log.ts'
import { kafkaFiles } from './kafka-case.ts'
import { appendAcked, openLog } from './logs.ts'

interface Golden {
  readonly kafkaCase: string
  readonly partition: string
  readonly config: LogConfig
  /** Files that are not compared. */
  readonly without?: RegExp
  /** Undoes what the broker did to the batch. */
  readonly unstamp?: (batch: Buffer) => void
}

const cases: Golden[] = [
  ...['plain-0', 'plain-1'].map((partition) => ({
    kafkaCase: 'plain',
    partition,
    config: parseLogConfig({ 'internal.segment.bytes': '8192', 'index.interval.bytes': '1024' }),
  })),
  { kafkaCase: 'plain', partition: 'edge-0', config: parseLogConfig({}) },
  {
    kafkaCase: 'plain',
    partition: 'logappend-0',
    config: parseLogConfig({ 'message.timestamp.type': 'LogAppendTime', 'index.interval.bytes': '512' }),
    unstamp: (batch) => {
      batch.writeInt16BE(batch.readInt16BE(21) & ~0x08, 21)
      BatchHeader.setMaxTimestamp(batch, 0, BatchHeader.baseTimestamp(batch, 0))
      BatchHeader.seal(batch, 0)
    },
  },
  {
    kafkaCase: 'txn',
    partition: 'idem-0',
    config: parseLogConfig({ 'internal.segment.bytes': '8192' }),
  },
  {
    kafkaCase: 'txn',
    partition: 'txn-1',
    config: parseLogConfig({ 'internal.segment.bytes': '4096', 'index.interval.bytes': '256' }),
  },
  {
    kafkaCase: 'killed',
    partition: 'killed-0',
    config: parseLogConfig({
      'internal.segment.bytes': '16384',
      'index.interval.bytes': '512',
      'segment.index.bytes': '2048',
    }),
    // The killed broker left the indexes of its active segment as they were preallocated, and no last snapshot.
    without: /555\.(time)?index$|630\.snapshot$/,
  },
]

/** The batches of a partition, in order, as their producers sent them. */
function producedBatches(files: ReadonlyMap<string, Buffer>, { partition, unstamp }: Golden): Buffer[] {
  const logs = [...files].filter(([path]) => path.startsWith(`${partition}/`) && path.endsWith('.log')).sort()
  const batches: Buffer[] = []
  for (const [, bytes] of logs) {
    for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
      const batch = Buffer.from(bytes.subarray(at, at + BatchHeader.size(bytes, at)))
      unstamp?.(batch)
      batches.push(batch)
    }
  }
  return batches
}

async function produce(log: Log, batch: Buffer): Promise<void> {
  if (BatchHeader.isControl(batch, 0)) {
    const result = log.append(batch, { origin: 'coordinator', leaderEpoch: 0, transactionVersion: 2 })
    expect(result.kind).toBe('appended')
    return
  }
  BatchHeader.setBaseOffset(batch, 0, 0)
  BatchHeader.setPartitionLeaderEpoch(batch, 0, -1)
  await appendAcked(log, batch)
}

describe('the files of a log', () => {
  for (const golden of cases) {
    it(`have the bytes of Apache Kafka for the same batches: ${golden.kafkaCase} ${golden.partition}`, async () => {
      const files = kafkaFiles(golden.kafkaCase)
      const disk = new MemoryFileSystem(systemClock)
      const directory = `/data/${golden.partition}`
      const [, topic = '', partition] = /^(.+)-(\d+)$/.exec(golden.partition) ?? []
      const batches = producedBatches(files, golden)
      const nowMs = Math.max(...batches.map((batch) => BatchHeader.maxTimestamp(batch, 0)))
      // Kafka's clock when it took the batch of the topic with LogAppendTime; everything else is older.
      const stampMs = Math.max(
        ...[...files].map(([path, bytes]) =>
          path.startsWith('logappend-0/') && path.endsWith('.log') ? BatchHeader.maxTimestamp(bytes, 0) : 0,
        ),
      )
      const time = new ManualClock(stampMs || nowMs)
      const topicId = /topic_id: (.*)/.exec(String(files.get(`${golden.partition}/partition.metadata`)))?.[1]
      const log = await openLog(disk, {
        directory,
        topicPartition: { topic, partition: Number(partition) },
        topicId,
        config: golden.config,
        clock: { ...systemClock, now: () => time.now() },
        logger: silentLogger,
      })
      for (const batch of batches) await produce(log, batch)
      await log.close({ clean: true })
      const expected = [...files].filter(
        ([path]) => path.startsWith(`${golden.partition}/`) && !golden.without?.test(path),
      )
      const names = (await disk.list(directory)).map(({ name }) => name).filter((name) => !golden.without?.test(name))
      expect(names).toEqual(expected.map(([path]) => path.slice(golden.partition.length + 1)).sort())
      for (const [path, bytes] of expected) {
        const ours = await disk.readFile(`/data/${path}`, 1 << 20)
        expect(ours.toString('hex'), path).toBe(bytes.toString('hex'))
      }
    })
  }
})
