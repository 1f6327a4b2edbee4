/**
 * Cleans a log: a job for a worker thread, or in place (reference 3.5). It finds the last offset of every key in the dirty part, then
 * writes what stays of all segments into `.cleaned` files beside them. The originals are not touched: see `swap.ts` for the rest.
 */
import type { Job } from '@millrace/base'
import { StorageError } from '../errors.ts'
import { logFileName } from '../file-names.ts'
import { FileSystemError, joinPath } from '../fs/port.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import { AbortFinder, mergeAborted } from './abort-finder.ts'
import type { CleanedGroup, CleanFailure, CleanInput, CleanOutput, CleanSegment, CleanSuccess } from './clean-input.ts'
import { type CleanPorts, CleanWork } from './clean-work.ts'
import { GroupCleaner } from './group-cleaner.ts'
import { groupSegments } from './groups.ts'
import { buildOffsetMap } from './map-builder.ts'
import type { OffsetLookup } from './offset-map.ts'
import { segmentsBetween } from './plan.ts'
import { discardCleaned } from './swap.ts'
import { CleanedTransactions } from './transactions.ts'

/** Never rejects for what a disk or a damaged log can do: that is in the output. */
export function createCleanJob(ports: CleanPorts): Job<CleanInput, CleanOutput> {
  return { name: 'clean log', run: (input) => clean(ports, input) }
}

class MapTooSmall extends Error {}

async function clean(ports: CleanPorts, input: CleanInput): Promise<CleanOutput> {
  try {
    await discardCleaned(ports.fileSystem, input.directory)
    return await cleanRound(new CleanWork(ports, input))
  } catch (error) {
    // What cannot be removed now is when the log is cleaned or opened the next time.
    await discardCleaned(ports.fileSystem, input.directory).catch(() => {})
    return failureOf(error)
  }
}

async function cleanRound(work: CleanWork): Promise<CleanSuccess> {
  const { segments, firstDirtyOffset, directory } = work.input
  const aborted = await allAborted(work)
  const { map, isFull } = await buildOffsetMap(work, aborted)
  const endOffset = map.latestOffset + 1
  if (isFull && endOffset <= firstDirtyOffset) {
    const bytes = `${work.input.dedupeBytes} bytes`
    throw new MapTooSmall(
      `${directory}: the keys of the batch at offset ${firstDirtyOffset} do not fit into ${bytes}. Raise log.cleaner.dedupe.buffer.size.`,
    )
  }
  const cleaner = groupCleaner(work, map, aborted)
  const groups: CleanedGroup[] = []
  const sized = await withIndexSizes(
    work,
    segments.filter(({ baseOffset }) => baseOffset < endOffset),
  )
  for (const group of groupSegments(sized, work.input)) {
    const cleaned = await cleaner.clean(group)
    if (cleaned !== undefined) groups.push(cleaned)
  }
  if (groups.length > 0) await work.ports.fileSystem.syncDirectory(directory)
  const { bytesRead, bytesWritten, recordsRead, recordsKept, recordsKeyless, nextDeleteHorizonMs } = work
  const counts = { bytesRead, bytesWritten, recordsRead, recordsKept, recordsKeyless }
  return {
    kind: 'cleaned',
    groups,
    firstDirtyOffset: Math.max(firstDirtyOffset, endOffset),
    isMapFull: isFull,
    nextDeleteHorizonMs,
    statistics: { ...counts, keys: map.size, keyBytes: map.memoryBytes },
  }
}

function groupCleaner(work: CleanWork, lookup: OffsetLookup, aborted: readonly AbortedTransaction[]): GroupCleaner {
  const { nowMs, deleteRetentionMs, firstUncleanableOffset, activeProducers } = work.input
  const rules = { lookup, nowMs, deleteRetentionMs, decompressedSizeMax: work.decompressedSizeMax }
  const producers = new Map(activeProducers.map((producer) => [producer.producerId, producer]))
  const transactions = new CleanedTransactions(aborted)
  return new GroupCleaner(work, rules, { transactions, producers, endOffset: firstUncleanableOffset, nowMs })
}

/** By first offset. */
async function allAborted(work: CleanWork): Promise<AbortedTransaction[]> {
  const { segments, abortedTransactions, abortSearch, firstDirtyOffset, firstUncleanableOffset } = work.input
  if (abortSearch === undefined) return mergeAborted(abortedTransactions, [])
  const finder = new AbortFinder(segments[0]?.baseOffset ?? 0)
  const dirty = segmentsBetween(segments, firstDirtyOffset, firstUncleanableOffset)
  for (const segment of [...dirty, ...abortSearch.segments]) {
    await searchSegment(work, segment, finder, abortSearch.endOffset)
  }
  return mergeAborted(abortedTransactions, finder.found)
}

async function searchSegment(
  work: CleanWork,
  segment: CleanSegment,
  finder: AbortFinder,
  endOffset: number,
): Promise<void> {
  await work.withFile(segment, async (file) => {
    const reader = work.reader(file, segment)
    for (let step = reader.step(); step !== 'end'; step = reader.step()) {
      if (step === 'fill') await reader.fill()
      else if (reader.nextOffset > endOffset) return
      else finder.observe(reader.bytes, reader.at)
    }
  })
}

type SizedSegment = CleanSegment & { readonly offsetIndexBytes: number; readonly timeIndexBytes: number }

async function withIndexSizes(work: CleanWork, segments: readonly CleanSegment[]): Promise<SizedSegment[]> {
  const { fileSystem } = work.ports
  const sizeOf = async ({ baseOffset }: CleanSegment, kind: 'index' | 'timeindex') =>
    (await fileSystem.stat(joinPath(work.input.directory, logFileName(baseOffset, kind))))?.size ?? 0
  const sized: SizedSegment[] = []
  for (const segment of segments) {
    const offsetIndexBytes = await sizeOf(segment, 'index')
    sized.push({ ...segment, offsetIndexBytes, timeIndexBytes: await sizeOf(segment, 'timeindex') })
  }
  return sized
}

/** What went wrong, as data. Anything unknown is a defect of this program, and thrown. */
function failureOf(error: unknown): CleanFailure {
  if (error instanceof StorageError) {
    const { code, message, path, position } = error
    return { kind: 'failed', code, message, path, position, operation: undefined }
  }
  if (error instanceof FileSystemError) {
    const { code, message, path, operation } = error
    return { kind: 'failed', code, message, path, position: undefined, operation }
  }
  if (!(error instanceof MapTooSmall)) throw error
  const { message } = error
  return { kind: 'failed', code: 'map-too-small', message, path: undefined, position: undefined, operation: undefined }
}
