/**
 * Puts what a cleaning wrote in the place of the segments that it came from (reference 3.5). A crash after any step leaves what
 * `leftovers.ts` brings to an end: before the log is committed to the new segments it undoes, afterwards it finishes.
 *
 * 1. commit: `.cleaned` becomes `.swap`, the group with the lowest offset last. Whatever starts at or above a `.cleaned` that is
 *    left does not count, so the very last rename decides for all.
 * 2. retire, group by group: the originals become `.deleted`.
 * 3. finish: `.swap` becomes the segment.
 */
import { removeFileIfAny } from '../atomic-file.ts'
import { cleanedSuffix, deletedSuffix, logFileName, parseLogFileName, swapSuffix } from '../file-names.ts'
import { type FileSystem, isFileSystemError, joinPath } from '../fs/port.ts'
import type { CleanedGroup } from './clean-input.ts'

/** One change of the log's directory. */
export type SwapStep =
  /** `isOptional`: there may be no such file. */
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly isOptional: boolean }
  | { readonly kind: 'sync' }

export type SwapGroup = Pick<CleanedGroup, 'baseOffset' | 'replaces' | 'files'>

const sync: SwapStep = { kind: 'sync' }
const segmentKinds = ['log', 'index', 'timeindex', 'txnindex'] as const

/** Step 1, for all groups of a cleaning. The last rename is made when all others are durable. */
export function commitSteps(groups: readonly SwapGroup[]): SwapStep[] {
  const renames = groups
    .toSorted((a, b) => b.baseOffset - a.baseOffset)
    .flatMap(({ baseOffset, files }) =>
      files.map((kind) => rename(logFileName(baseOffset, kind), cleanedSuffix, swapSuffix)),
    )
  const last = renames.pop()
  return last === undefined ? [] : [sync, ...renames, sync, last, sync]
}

/** Step 2. The snapshot of producers where the first segment starts stays right; those inside of the group have no segment any more. */
export function retireSteps({ baseOffset, replaces }: SwapGroup): SwapStep[] {
  const renames = replaces.flatMap((offset) => {
    const kinds = offset === baseOffset ? segmentKinds : ([...segmentKinds, 'snapshot'] as const)
    return kinds.map((kind) => rename(logFileName(offset, kind), '', deletedSuffix, true))
  })
  return [...renames, sync]
}

/** Step 3. The data comes first: a `.log.swap` would take the index for one of an original. */
export function finishSteps({ baseOffset, files }: SwapGroup): SwapStep[] {
  const kinds = ['log', ...files.filter((kind) => kind !== 'log')] as const
  return [...kinds.map((kind) => rename(logFileName(baseOffset, kind), swapSuffix, '')), sync]
}

function rename(name: string, from: string, to: string, isOptional = false): SwapStep {
  return { kind: 'rename', from: name + from, to: name + to, isOptional }
}

/** Does the steps in a log's directory. The new paths of the files that there were. */
export async function runSwapSteps(
  fileSystem: FileSystem,
  directory: string,
  steps: readonly SwapStep[],
): Promise<string[]> {
  const paths: string[] = []
  for (const step of steps) {
    if (step.kind === 'sync') {
      await fileSystem.syncDirectory(directory)
      continue
    }
    const to = joinPath(directory, step.to)
    try {
      await fileSystem.rename(joinPath(directory, step.from), to)
      paths.push(to)
    } catch (error) {
      if (!step.isOptional || !isFileSystemError(error, 'not-found')) throw error
    }
  }
  return paths
}

/**
 * Step 1. When it fails before its last rename, {@link undoCommit} makes it undone; when a sync fails, nothing is known, and the
 * directory is for the next start to deal with.
 */
export async function commitSwap(
  fileSystem: FileSystem,
  directory: string,
  groups: readonly SwapGroup[],
): Promise<void> {
  await runSwapSteps(fileSystem, directory, commitSteps(groups))
}

/** Steps 2 and 3 for one group. The paths of the retired files: they are to be removed after `file.delete.delay.ms`. */
export async function replaceOriginals(fileSystem: FileSystem, directory: string, group: SwapGroup): Promise<string[]> {
  const retired = await runSwapSteps(fileSystem, directory, retireSteps(group))
  await runSwapSteps(fileSystem, directory, finishSteps(group))
  return retired
}

/** Removes what a cleaning has written and nothing was done with. */
export async function discardCleaned(fileSystem: FileSystem, directory: string): Promise<void> {
  await removeAll(fileSystem, directory, cleanedSuffix)
}

/**
 * Removes the output of a cleaning whose originals are all still there. What was renamed goes first, and durably: alone, it would
 * count as complete.
 */
export async function undoCommit(fileSystem: FileSystem, directory: string): Promise<void> {
  await removeAll(fileSystem, directory, swapSuffix)
  await removeAll(fileSystem, directory, cleanedSuffix)
}

async function removeAll(fileSystem: FileSystem, directory: string, suffix: string): Promise<void> {
  const names = (await fileSystem.list(directory)).map(({ name }) => name)
  const found = names.filter((name) => parseLogFileName(name)?.suffix === suffix)
  for (const name of found.toReversed()) await removeFileIfAny(fileSystem, joinPath(directory, name))
  if (found.length > 0) await fileSystem.syncDirectory(directory)
}
