/** Segments below the log's start whose files would not go. Found by tests/torture. */
import { systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { FaultyFileSystem } from '../src/fs/faulty.ts'
import type { Log } from '../src/log.ts'
import { whenAckable } from '../src/when-ackable.ts'
import { makeBatch, makeMarker } from './batches.ts'
import { openLog } from './logs.ts'

const directory = '/data/t-0'
const firstName = `${directory}/${'0'.repeat(20)}.log`

async function take(log: Log, batch: Buffer): Promise<void> {
  const result = log.append(batch, { origin: 'coordinator', leaderEpoch: 0 })
  if (result.kind !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`)
  await whenAckable(log, result.lastOffset + 1)
  log.advanceHighWatermark(log.endOffset)
}

/** Segments at 0, where a transaction begins, at 1, where it ends, at 2 and at 3. */
async function world() {
  const disk = new FaultyFileSystem(systemClock)
  const log = await openLog(disk)
  await take(log, makeBatch({ producerId: 7, epoch: 0, baseSequence: 0, isTransactional: true }))
  log.roll()
  await take(log, makeMarker('Abort', 7, 1))
  log.roll()
  await take(log, makeBatch())
  log.roll()
  await take(log, makeBatch())
  await log.flush()
  return { disk, log }
}

const names = async (disk: FaultyFileSystem, kind: RegExp) =>
  (await disk.list(directory)).map(({ name }) => name).filter((name) => kind.test(name))

describe('a segment below the start of the log', () => {
  it('says nothing about transactions when it is found beside a hole', async () => {
    const { disk, log } = await world()
    const left = await disk.readFile(firstName, 1000)
    await log.deleteRecordsBefore(2)
    await log.close({ clean: false })
    const file = await disk.open(firstName, 'create')
    await file.write([left], 0)
    const again = await openLog(disk, { logStartOffset: 2, recoveryPoint: 2 })
    again.advanceHighWatermark(4)
    expect([again.logStartOffset, again.endOffset, again.lastStableOffset]).toEqual([2, 4, 4])
    expect(await names(disk, /^0{20}\.log$/)).toEqual([])
  })

  it('goes before newer ones do, also when it would not go the first time', async () => {
    const { disk, log } = await world()
    disk.injectFaults(({ name, path }) => (name === 'rename' && path === firstName ? { error: 'io' } : undefined))
    await expect(log.deleteRecordsBefore(1)).rejects.toThrow('injected fault')
    expect(log.logStartOffset).toBe(1)
    expect(log.checkpointLogStart).toBe(1)
    await expect(log.deleteRecordsBefore(2)).rejects.toThrow('injected fault')
    expect(await names(disk, /\.log$/)).toHaveLength(4)
    disk.injectFaults(undefined)
    await log.deleteRecordsBefore(3)
    expect(await names(disk, /\.log$/)).toEqual([`${'3'.padStart(20, '0')}.log`])
    expect(log.checkpointLogStart).toBeUndefined()
    await log.close({ clean: false })
    const again = await openLog(disk, { recoveryPoint: 3 })
    expect([again.logStartOffset, again.endOffset]).toEqual([3, 4])
  })
})
