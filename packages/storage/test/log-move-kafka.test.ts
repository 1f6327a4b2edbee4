/** Logs that Apache Kafka wrote, moved to a second directory: nothing about them changes. */
import { seededRandom, silentLogger, systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { defaultLogConfig } from '../src/config.ts'
import { formatDirectory } from '../src/data-directory.ts'
import { LogManager } from '../src/manager.ts'
import { decodeMetaProperties } from '../src/meta-properties.ts'
import { diskWith, kafkaFiles } from './kafka-case.ts'
import { readAll } from './logs.ts'

async function picture(manager: LogManager) {
  const logs = manager.logs().toSorted((a, b) => `${a.topic}-${a.partition}`.localeCompare(`${b.topic}-${b.partition}`))
  return Promise.all(
    logs.map(async (log) => ({
      name: `${log.topic}-${log.partition}`,
      topicId: log.topicId,
      bytes: (await readAll(log)).toString('hex'),
      offsets: [log.logStartOffset, log.highWatermark, log.lastStableOffset, log.endOffset],
      // Where compaction took the first records of an epoch, a copy knows it from its first record on, as a follower does.
      epochs: log.leaderEpochs.map(({ epoch }) => epoch),
      epochsOfRecords: log.leaderEpochs.map((_, index) => log.epochForOffset(log.endOffset - 1 - index)),
      open: log
        .activeProducers()
        .filter(({ transactionStart }) => transactionStart >= 0)
        .map(({ producerId, transactionStart }) => [producerId, transactionStart]),
    })),
  )
}

describe.each(['plain', 'txn', 'compact', 'groups', 'killed'])('the logs of case %s', (name) => {
  it('are the same in another directory, and after a restart', async () => {
    const disk = diskWith(kafkaFiles(name))
    const meta = decodeMetaProperties(await disk.readFile('/data/meta.properties', 4096), '/data/meta.properties')
    await formatDirectory(disk, '/b', { ...meta, directoryId: 'TwI_rn5_QrW2b8aMkxQLMw' })
    const open = (fileSystem: typeof disk) =>
      LogManager.open({
        fileSystem,
        directories: ['/data', '/b'],
        nodeId: meta.nodeId,
        clock: { ...systemClock, schedule: () => ({ cancel() {} }) },
        random: seededRandom(1),
        logger: silentLogger,
        durability: 'fsync',
        configFor: () => ({ ...defaultLogConfig, cleanupPolicy: ['compact'] }),
      })
    const manager = await open(disk)
    for (const log of manager.logs()) log.advanceHighWatermark(log.endOffset)
    const before = await picture(manager)
    expect(before.length).toBeGreaterThan(0)
    for (const log of manager.logs()) {
      const move = await manager.beginMove(log, '/b')
      if (move === undefined) throw new Error(`${log.topic}-${log.partition} does not move`)
      while ((await move.copyNext(log.highWatermark)) > 0);
      await move.complete()
      await manager.finishMove(log)
    }
    expect(await picture(manager)).toEqual(before)
    expect(new Set(manager.logs().map((log) => manager.directoryOf(log)))).toEqual(new Set(['/b']))
    await manager.close({ clean: true, brokerEpoch: 3 })
    const next = await open(disk.restart())
    expect(next.failedLogs).toEqual([])
    expect(await picture(next)).toEqual(before)
    await next.close({ clean: true, brokerEpoch: 3 })
  })
})
