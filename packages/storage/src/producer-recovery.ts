/** Producer state from disk: the newest usable snapshot, and the batches after it (reference 3.7). */
import type { Logger } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { readFileIfAny, removeFileIfAny } from './atomic-file.ts'
import { StorageError } from './errors.ts'
import { type LogFileName, logFileName, parseLogFileName } from './file-names.ts'
import { type FileSystem, joinPath } from './fs/port.ts'
import { producerSnapshotBytesMax, readProducerSnapshot } from './producer-snapshot.ts'
import { type ProducerEntry, ProducerState } from './producer-state.ts'
import { replayProducer } from './replay.ts'
import { scanBatches, scanChunkBytes } from './scan.ts'
import type { Segment } from './segment.ts'
import type { SegmentIo } from './segment-io.ts'

/** The producers of a log whose segments are on disk up to `endOffset`, with snapshots at some offsets. */
export async function rebuildProducers(
  io: SegmentIo,
  directory: string,
  snapshotOffsets: readonly number[],
  segments: readonly Segment[],
  endOffset: number,
  logger: Logger,
): Promise<ProducerState> {
  const producers = new ProducerState()
  const snapshot = await newestSnapshot(
    io.fileSystem,
    directory,
    snapshotOffsets.filter((offset) => offset <= endOffset),
    logger,
  )
  for (const entry of snapshot?.entries ?? []) producers.load(entry)
  const from = snapshot?.offset ?? 0
  for (const [place, segment] of segments.entries()) {
    const end = segments[place + 1]?.baseOffset ?? endOffset
    if (end > from && segment.writtenSize > 0) await replaySegment(io, segment, from, producers)
  }
  return producers
}

/** Removes snapshots of states that the log no longer reaches: other batches may take those offsets. */
export async function removeSnapshotsAbove(
  fileSystem: FileSystem,
  directory: string,
  snapshotOffsets: readonly number[],
  endOffset: number,
): Promise<void> {
  for (const offset of snapshotOffsets) {
    if (offset > endOffset) await removeFileIfAny(fileSystem, joinPath(directory, logFileName(offset, 'snapshot')))
  }
}

/** Offsets of the snapshots in a log's directory. */
export async function findSnapshots(fileSystem: FileSystem, directory: string): Promise<number[]> {
  return snapshotsAmong((await fileSystem.list(directory)).flatMap(({ name }) => parseLogFileName(name) ?? []))
}

export function snapshotsAmong(names: readonly LogFileName[]): number[] {
  return names.flatMap(({ kind, suffix, offset }) => (kind === 'snapshot' && suffix === '' ? offset : []))
}

async function newestSnapshot(
  fileSystem: FileSystem,
  directory: string,
  offsets: readonly number[],
  logger: Logger,
): Promise<{ offset: number; entries: ProducerEntry[] } | undefined> {
  for (const offset of offsets.toSorted((a, b) => b - a)) {
    const path = joinPath(directory, logFileName(offset, 'snapshot'))
    const bytes = await readFileIfAny(fileSystem, path, producerSnapshotBytesMax)
    const entries = bytes && readProducerSnapshot(bytes)
    if (entries !== undefined) return { offset, entries }
    logger.warn('passed over a damaged producer snapshot', { path })
  }
  return undefined
}

async function replaySegment(io: SegmentIo, segment: Segment, from: number, producers: ProducerState): Promise<void> {
  const lease = await io.open(segment)
  try {
    // The active segment's index is in memory: what a snapshot near its end covers is not walked again.
    const start = segment.indexes?.offsets.lookup(from).position ?? 0
    const range = { start, end: segment.writtenSize, nextOffset: segment.baseOffset, verify: false }
    const end = await scanBatches(lease.file, { ...range, chunkBytes: scanChunkBytes }, (bytes, at) => {
      if (BatchHeader.baseOffset(bytes, at) >= from) replayProducer(producers, bytes, at)
      return true
    })
    if (end.problem === undefined) return
    const message = `${segment.path} is damaged at byte ${end.position}, offset ${end.nextOffset}: ${end.problem}. It was durable, so nothing was cut off: restore the file, or remove the replica.`
    throw new StorageError('damaged', message, { path: segment.path, position: end.position })
  } finally {
    lease.release()
  }
}
