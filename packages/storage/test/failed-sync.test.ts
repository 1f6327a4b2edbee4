import { systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { FaultyFileSystem } from '../src/fs/faulty.ts'
import { makeBatch } from './batches.ts'
import { client, openLog } from './logs.ts'

describe('a failed sync', () => {
  it.each([0, 1, 2, 3, 4, 5])('is the last, also of a segment that is being closed (call %i)', async (failedCall) => {
    const disk = new FaultyFileSystem(systemClock)
    const log = await openLog(disk, { durability: 'os' })
    log.append(makeBatch(), client)
    await log.offsetForTimestamp(0)
    let [calls, later] = [0, 0]
    let point: number | undefined
    disk.injectFaults(({ name, path }) => {
      if (name !== 'sync') return undefined
      const isFailed = calls++ === failedCall
      if (isFailed) point = log.recoveryPoint
      else if (calls > failedCall + 1 && path.endsWith('.log')) later++
      return isFailed ? { error: 'io' } : undefined
    })
    const flushed = log.flush().catch(() => {})
    log.roll()
    log.append(makeBatch(), client)
    await Promise.all([flushed, log.flush().catch(() => {})])
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
    if (point === undefined) return
    expect(log.failure?.code).toBe('offline')
    expect([later, log.recoveryPoint]).toEqual([0, point])
  })
})
