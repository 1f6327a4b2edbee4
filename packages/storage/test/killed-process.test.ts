import { seededRandom, systemClock } from '@millrace/base'
import { expect, it } from 'vitest'
import { FaultyFileSystem } from '../src/fs/faulty.ts'
import { writeFully } from '../src/fs/port.ts'
import { makeBatch } from './batches.ts'
import { appendAcked, openLog } from './logs.ts'

/** A process was killed after it had made and synced a segment's file, and before it had synced the directory that names it. */
async function diskOfKilledProcess(): Promise<FaultyFileSystem> {
  const disk = new FaultyFileSystem(systemClock)
  await openLog(disk)
  await disk.syncDirectory('/')
  const file = await disk.open('/data/t-0/00000000000000000000.log', 'create')
  await writeFully(file, makeBatch(), 0)
  await file.sync()
  return disk
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'makes the names durable that a killed process left, before it acknowledges anything (seed %i)',
  async (seed) => {
    const disk = await diskOfKilledProcess()
    const log = await openLog(disk.restart())
    const offset = await appendAcked(log, makeBatch())
    const found = await openLog(disk.powerCut(seededRandom(seed)))
    expect(found.endOffset).toBeGreaterThan(offset)
  },
)
