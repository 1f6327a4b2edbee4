/** Puts the output of a cleaning in the place of the segments that it came from, while the log is written and read. */
import { deferred } from '@millrace/base'
import type { CleanedGroup } from './cleaner/clean-input.ts'
import { commitSwap, discardCleaned, replaceOriginals, undoCommit } from './cleaner/swap.ts'
import type { LogState } from './log-state.ts'
import { Segment } from './segment.ts'
import { isSyncFailure, type SegmentIo } from './segment-io.ts'

export interface SwapParts {
  readonly state: LogState
  readonly io: SegmentIo
  readonly fileDeleteDelayMs: number
  /** The files are in between: the next start brings them to an end. */
  readonly onBroken: (cause: unknown) => void
}

/** What takes the place of what. */
interface Change {
  readonly group: CleanedGroup
  readonly old: readonly Segment[]
  readonly fresh: Segment
  readonly arrive: () => void
}

/**
 * Nothing else may change the closed segments meanwhile; appends may go on. False when the log is not the one that was cleaned any more:
 * then all stays as it is. Rejects when the disk fails; before the originals were touched, all is as it was.
 */
export async function swapSegments(parts: SwapParts, groups: readonly CleanedGroup[]): Promise<boolean> {
  const { state, io, onBroken } = parts
  const changes = changesFor(state, groups)
  if (changes === undefined) {
    await discardCleaned(io.fileSystem, state.directory)
    return false
  }
  await commit(parts, groups)
  for (const change of changes) takeOver(parts, change)
  try {
    for (const change of changes) await bringInPlace(parts, change)
  } catch (error) {
    onBroken(error)
    throw error
  } finally {
    for (const { arrive } of changes) arrive()
  }
  return true
}

function changesFor(state: LogState, groups: readonly CleanedGroup[]): readonly Change[] | undefined {
  const byOffset = new Map(state.segments.all.map((segment) => [segment.baseOffset, segment]))
  const changes: Change[] = []
  for (const group of groups) {
    const old = group.replaces.flatMap((offset) => byOffset.get(offset) ?? [])
    if (old.length !== group.replaces.length || old.includes(state.segments.active)) return undefined
    const { promise, resolve } = deferred<void>()
    const fresh = segmentOf(state.directory, group, old[0] as Segment)
    fresh.arriving = promise
    const arrive = () => {
      fresh.arriving = undefined
      resolve()
    }
    changes.push({ group, old, fresh, arrive })
  }
  return changes
}

function segmentOf(directory: string, group: CleanedGroup, { createdMs }: Segment): Segment {
  const { baseOffset, size } = group
  const segment = new Segment({ baseOffset, directory, size, createdMs, exists: true })
  segment.firstTimestamp = group.firstTimestamp
  segment.maxTimestamp = group.maxTimestamp
  segment.maxTimestampOffset = group.maxTimestampOffset
  return segment
}

async function commit({ state, io, onBroken }: SwapParts, groups: readonly CleanedGroup[]): Promise<void> {
  try {
    await commitSwap(io.fileSystem, state.directory, groups)
  } catch (error) {
    if (isSyncFailure(error)) {
      onBroken(error)
      throw error
    }
    try {
      await undoCommit(io.fileSystem, state.directory)
    } catch (cause) {
      onBroken(cause)
    }
    throw error
  }
}

/** From here on readers find the new segment, and wait for its files. */
function takeOver({ state, io }: SwapParts, { old, fresh }: Change): void {
  state.segments.replace(old, [fresh])
  for (const segment of old) {
    segment.releaseDirty()
    io.cache.drop(segment)
  }
}

async function bringInPlace({ state, io, fileDeleteDelayMs }: SwapParts, change: Change): Promise<void> {
  const retired = await replaceOriginals(io.fileSystem, state.directory, change.group)
  // Also what a reader opened meanwhile by a name that means another file now.
  for (const { path } of change.old) io.pool.forget(path)
  change.arrive()
  io.removeLater(retired, fileDeleteDelayMs)
}
