import { systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { type FaultRule, FaultyFileSystem } from '../src/fs/faulty.ts'
import type { FileSystem } from '../src/fs/port.ts'
import type { Log } from '../src/log.ts'
import { makeBatch } from './batches.ts'
import { appendAcked, openLog, readAll } from './logs.ts'

const readingOnly = new Set(['open', 'list', 'stat', 'read', 'size'])
const small = { count: 2, producerId: 7, epoch: 0 } as const

async function filledLog(fileSystem: FileSystem, options: { batches: number; valueSize?: number }): Promise<Log> {
  const log = await openLog(fileSystem)
  for (let number = 0; number < options.batches; number++) {
    const { valueSize = 10 } = options
    await appendAcked(log, makeBatch({ ...small, baseSequence: number * 2, valueSize }))
  }
  return log
}

/** As after a clean stop of all. */
function reopen(fileSystem: FileSystem, log: Log): Promise<Log> {
  const recoveryPoint = log.endOffset
  return openLog(fileSystem, { cleanShutdown: true, recoveryPoint })
}

describe('a clean restart', () => {
  it('changes nothing on the disk when nothing was changed in the log', async () => {
    const changes: string[] = []
    const note: FaultRule = ({ name, path }) => {
      if (!readingOnly.has(name)) changes.push(`${name} ${path}`)
      return undefined
    }
    const disk = new FaultyFileSystem(systemClock)
    disk.injectFaults(note)
    const first = await filledLog(disk, { batches: 3 })
    await first.close({ clean: true })
    expect(changes.some((change) => change.endsWith('.index'))).toBe(true)
    changes.length = 0
    const second = await reopen(disk, first)
    await second.close({ clean: true })
    expect(changes).toEqual([])
    const third = await reopen(disk, second)
    await appendAcked(third, makeBatch({ ...small, baseSequence: 6 }))
    await third.close({ clean: true })
    expect(changes.some((change) => change.endsWith('.index'))).toBe(true)
    const fourth = await reopen(disk, third)
    expect((await readAll(fourth)).length).toBeGreaterThan(0)
    expect(fourth.endOffset).toBe(8)
  })

  it.each([
    ['nearby', 10],
    ['further back', 40_000],
  ])('knows the last five batches of a producer again, %s', async (_, valueSize) => {
    const disk = new FaultyFileSystem(systemClock)
    const first = await filledLog(disk, { batches: 9, valueSize })
    const known = first.producer(7)?.batches
    expect(known).toHaveLength(5)
    await first.close({ clean: true })
    const second = await reopen(disk, first)
    expect(second.producer(7)?.batches).toEqual(known)
    const again = second.append(makeBatch({ ...small, baseSequence: 8, valueSize }), {
      origin: 'client',
      leaderEpoch: 0,
    })
    expect(again).toMatchObject({ kind: 'duplicate', baseOffset: 8 })
  })
})
