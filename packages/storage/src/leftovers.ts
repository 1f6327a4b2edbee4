/** What an interrupted compaction or deletion left in a log's directory, and how it is finished (reference 3.5, 3.7). */
import type { Logger } from '@millrace/base'
import { removeFileIfAny } from './atomic-file.ts'
import { StorageError } from './errors.ts'
import {
  cleanedSuffix,
  deletedSuffix,
  type LogFileName,
  logFileName,
  parseLogFileName,
  swapSuffix,
} from './file-names.ts'
import { type DirectoryEntry, type FileSystem, joinPath } from './fs/port.ts'
import { scanBatches, scanChunkBytes } from './scan.ts'

/** True when some file of the directory has to be dealt with before the log is opened. */
export function hasLeftovers(entries: readonly DirectoryEntry[]): boolean {
  return entries.some(({ name }) => /\.(deleted|cleaned|swap)$/.test(name))
}

/**
 * Removes files that wait for removal and compaction output that is not complete, and puts complete output (`.swap`) in the
 * place of the segments that it covers. The names are durable afterwards.
 */
export async function finishLeftovers(
  fileSystem: FileSystem,
  directory: string,
  entries: readonly DirectoryEntry[],
  logger: Logger,
): Promise<void> {
  const files = entries.flatMap(({ name }) => parseLogFileName(name) ?? [])
  const withSuffix = (suffix: string) => files.filter((file) => file.suffix === suffix)
  const cleaned = withSuffix(cleanedSuffix)
  // Output of one run is made segment by segment: while any is incomplete, what follows it belongs to the same run.
  const firstCleaned = Math.min(...cleaned.map(({ offset }) => offset))
  const swaps = withSuffix(swapSuffix)
  const abandoned = swaps.filter(({ offset }) => offset >= firstCleaned)
  const complete = swaps.filter(({ offset }) => offset < firstCleaned)
  // First what was renamed already, and durably: without the rest of its run, a next start would take it for complete.
  for (const file of abandoned) await remove(fileSystem, directory, file)
  if (abandoned.length > 0) await fileSystem.syncDirectory(directory)
  for (const file of cleaned) await remove(fileSystem, directory, file)
  for (const swap of complete.filter(({ kind }) => kind === 'log')) {
    await replaceCovered(fileSystem, directory, files, swap, logger)
  }
  for (const swap of complete) {
    const name = logFileName(swap.offset, swap.kind)
    await fileSystem.rename(joinPath(directory, name + swapSuffix), joinPath(directory, name))
  }
  for (const file of withSuffix(deletedSuffix)) await remove(fileSystem, directory, file)
  await fileSystem.syncDirectory(directory)
}

/** Removes the segments whose offsets the compacted one holds; its own name is free afterwards. */
async function replaceCovered(
  fileSystem: FileSystem,
  directory: string,
  files: readonly LogFileName[],
  swap: LogFileName,
  logger: Logger,
): Promise<void> {
  const nextOffset = await endOf(
    fileSystem,
    joinPath(directory, logFileName(swap.offset, 'log') + swapSuffix),
    swap.offset,
  )
  const isCovered = ({ suffix, offset }: LogFileName) => suffix === '' && offset >= swap.offset && offset < nextOffset
  // A producer snapshot at the start of the range is of the data before it, which stays.
  const covered = files.filter((file) => isCovered(file) && file.kind !== 'snapshot')
  logger.info('finishing an interrupted compaction', { directory, baseOffset: swap.offset, nextOffset })
  for (const file of covered) await remove(fileSystem, directory, file)
}

/** Reads the whole output before anything that it replaces is removed. */
async function endOf(fileSystem: FileSystem, path: string, baseOffset: number): Promise<number> {
  const file = await fileSystem.open(path, 'read')
  try {
    const options = {
      start: 0,
      end: await file.size(),
      nextOffset: baseOffset,
      verify: true,
      chunkBytes: scanChunkBytes,
    }
    const { nextOffset, position, problem } = await scanBatches(file, options, () => true)
    if (problem === undefined) return nextOffset
    const message = `compaction output ${path} is damaged at byte ${position}: ${problem}. Nothing was changed.`
    throw new StorageError('damaged', message, { path, position })
  } finally {
    await file.close()
  }
}

function remove(fileSystem: FileSystem, directory: string, { offset, kind, suffix }: LogFileName): Promise<void> {
  return removeFileIfAny(fileSystem, joinPath(directory, logFileName(offset, kind) + suffix))
}
