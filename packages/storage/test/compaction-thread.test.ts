import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256, systemClock, ThreadWorkers } from '@millrace/base'
import { encodeBatch } from '@millrace/protocol'
import { afterAll, describe, expect, it } from 'vitest'
import { createCleanJob } from '../src/cleaner/clean.ts'
import type { CleanInput } from '../src/cleaner/clean-input.ts'
import { readKeptBatches } from '../src/cleaner/kept-records.ts'
import { commitSwap, replaceOriginals } from '../src/cleaner/swap.ts'
import { logFileName } from '../src/file-names.ts'
import { NodeFileSystem } from '../src/fs/node.ts'
import { cleanDefaults, segmentsOf } from './clean-directory.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-clean-'))
const workers = new ThreadWorkers({ entry: () => new URL('./clean-entry.ts', import.meta.url) })

afterAll(async () => {
  await workers.close()
  rmSync(directory, { recursive: true })
})

describe('a cleaning in a worker thread', () => {
  it('does on the disk what it does in place', async () => {
    for (const base of [0, 50, 100]) {
      const batches = Array.from({ length: base === 100 ? 0 : 50 }, (_, index) => {
        const record = { timestamp: 1, key: `key ${index % 20}`, value: `value ${base + index}` }
        return encodeBatch([record], { baseOffset: base + index })
      })
      writeFileSync(join(directory, logFileName(base, 'log')), Buffer.concat(batches))
    }
    const fileSystem = new NodeFileSystem()
    const segments = (await segmentsOf(fileSystem, directory)).slice(0, 2)
    const input: CleanInput = { ...cleanDefaults, directory, segments, firstUncleanableOffset: 100 }
    // Only its name and its input go to the thread.
    const job = createCleanJob({ fileSystem, clock: systemClock, digest: sha256 })
    const output = await workers.run(job, input)
    if (output.kind === 'failed') throw new Error(output.message)
    expect(output.groups).toMatchObject([{ baseOffset: 0, replaces: [0, 50], nextOffset: 100 }])
    await commitSwap(fileSystem, directory, output.groups)
    for (const group of output.groups) await replaceOriginals(fileSystem, directory, group)
    const kept = (await readKeptBatches(fileSystem, directory)).map(({ baseOffset }) => baseOffset)
    expect(kept).toEqual(Array.from({ length: 20 }, (_, index) => 80 + index))
  })
})
