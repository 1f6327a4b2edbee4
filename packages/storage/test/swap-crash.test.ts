/** The swap after a cleaning, cut off after each of its operations, and finished by the next start. */
import { seededRandom, silentLogger, systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import type { CleanedGroup } from '../src/cleaner/clean-input.ts'
import { readKeptBatches } from '../src/cleaner/kept-records.ts'
import { commitSwap, replaceOriginals, undoCommit } from '../src/cleaner/swap.ts'
import { activeProducers } from '../src/cleaner/verdict.ts'
import { parseLogFileName } from '../src/file-names.ts'
import { FaultyFileSystem } from '../src/fs/faulty.ts'
import type { FileSystem } from '../src/fs/port.ts'
import { finishLeftovers } from '../src/leftovers.ts'
import { runClean } from './clean-directory.ts'
import { randomLogDirectory as directory, RandomLog } from './random-log.ts'

interface Scene {
  /** Everything in it is durable. */
  readonly disk: FaultyFileSystem
  readonly groups: readonly CleanedGroup[]
  /** The log before and after, as {@link contentOf} gives it. */
  readonly before: string
  readonly after: string
  /** Operations until the log is committed to its new segments, and of the whole swap. */
  readonly commitCount: number
  readonly count: number
}

async function contentOf(fileSystem: FileSystem): Promise<string> {
  const batches = await readKeptBatches(fileSystem, directory)
  const kept = batches.map(({ segmentOffset, bytes }) => [segmentOffset, bytes.toString('hex')])
  const aborts = (await fileSystem.list(directory)).filter(({ name }) => name.endsWith('.txnindex'))
  return JSON.stringify([kept, aborts.map(({ name }) => name)])
}

async function swap(disk: FaultyFileSystem, groups: readonly CleanedGroup[]): Promise<void> {
  await commitSwap(disk, directory, groups)
  for (const group of groups) await replaceOriginals(disk, directory, group)
}

async function countOperations(disk: FaultyFileSystem, action: () => Promise<void>): Promise<number> {
  let count = 0
  disk.injectFaults(() => {
    count++
    return undefined
  })
  await action()
  disk.injectFaults(undefined)
  return count
}

/** Runs `action` until it has done `count` operations. */
async function interrupted(disk: FaultyFileSystem, count: number, action: () => Promise<void>): Promise<void> {
  let left = count
  disk.injectFaults(() => (left-- > 0 ? undefined : { error: 'io' }))
  await action().catch(() => {})
  disk.injectFaults(undefined)
}

async function start(disk: FileSystem): Promise<void> {
  await finishLeftovers(disk, directory, await disk.list(directory), silentLogger)
}

async function scene(seed: number, segmentBytes: number): Promise<Scene> {
  const log = new RandomLog(seededRandom(seed))
  for (let step = 0; step < 120; step++) log.step()
  log.settle()
  log.roll()
  const disk = new FaultyFileSystem(systemClock, log.fileSystem.disk.root)
  const output = await runClean(disk, directory, {
    segmentBytes,
    activeProducers: activeProducers(log.state.entries()),
  })
  if (output.kind === 'failed') throw new Error(output.message)
  const { groups } = output
  const done = disk.copy()
  const commitCount = await countOperations(done, () => commitSwap(done, directory, groups))
  const count = commitCount + (await countOperations(done, () => swapRest(done, groups)))
  await start(done)
  return { disk, groups, before: await contentOf(disk), after: await contentOf(done), commitCount, count }
}

async function swapRest(disk: FaultyFileSystem, groups: readonly CleanedGroup[]): Promise<void> {
  for (const group of groups) await replaceOriginals(disk, directory, group)
}

async function expectWhole(disk: FileSystem, { before, after }: Scene, isCommitted: boolean): Promise<void> {
  const content = await contentOf(disk)
  if (isCommitted) expect(content).toBe(after)
  else expect([before, after]).toContain(content)
  const names = (await disk.list(directory)).map(({ name }) => parseLogFileName(name)?.suffix)
  expect(names.every((suffix) => suffix === '')).toBe(true)
}

describe('the swap of cleaned segments', () => {
  const cases = [
    [1, 3000],
    [2, 1500],
    [3, 1],
  ] as const

  it.each(cases)('is undone or finished after a crash anywhere (seed %i, segments of %i bytes)', async (...args) => {
    const one = await scene(...args)
    expect(one.groups.length).toBeGreaterThan(1)
    expect(one.before).not.toBe(one.after)
    for (let count = 0; count <= one.count; count++) {
      for (const seed of [1, 2, 3]) {
        const disk = one.disk.copy()
        await interrupted(disk, count, () => swap(disk, one.groups))
        // The last operation of the commit makes it durable.
        const next = disk.powerCut(seededRandom(seed))
        await start(next)
        await expectWhole(next, one, count >= one.commitCount)
      }
    }
  })

  it('is finished by a start that is cut off itself', async () => {
    const one = await scene(5, 1500)
    for (let count = 0; count <= one.count; count++) {
      const disk = one.disk.copy()
      await interrupted(disk, count, () => swap(disk, one.groups))
      const crashed = disk.powerCut(seededRandom(count))
      const probe = crashed.copy()
      const startCount = await countOperations(probe, () => start(probe))
      for (let step = 0; step < startCount; step += 3) {
        const starting = crashed.copy()
        await interrupted(starting, step, () => start(starting))
        const next = starting.powerCut(seededRandom(step))
        await start(next)
        await expectWhole(next, one, count >= one.commitCount)
      }
    }
  })

  it('is taken back when it cannot be committed', async () => {
    const one = await scene(4, 1500)
    for (let count = 0; count < one.commitCount; count++) {
      const disk = one.disk.copy()
      await interrupted(disk, count, () => commitSwap(disk, directory, one.groups))
      await undoCommit(disk, directory)
      await expectWhole(disk, one, false)
      expect(await contentOf(disk)).toBe(one.before)
    }
  })
})
