/** Producer state from disk: the newest usable snapshot, and the batches after it (reference 3.7). */
import type { Logger } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { readFileIfAny, removeFileIfAny, replaceFile } from './atomic-file.ts'
import { StorageError } from './errors.ts'
import { type LogFileName, logFileName, parseLogFileName } from './file-names.ts'
import { type FileSystem, joinPath } from './fs/port.ts'
import { isEntryRight } from './locate.ts'
import type { IndexedPosition } from './offset-index.ts'
import { encodeSnapshot, producerSnapshotBytesMax, readProducerSnapshot } from './producer-snapshot.ts'
import {
  cachedBatchesMax,
  type ProducerBatch,
  type ProducerEntry,
  ProducerState,
  producerBatch,
} from './producer-state.ts'
import { incomingBatch, replayProducer } from './replay.ts'
import { type BatchVisitor, scanBatches, scanChunkBytes, seekChunkBytes } from './scan.ts'
import type { Segment } from './segment.ts'
import type { SegmentIo } from './segment-io.ts'

/** How far before a snapshot the batches of its producers are looked for: bytes of a segment, and segments. Nearby first. */
const recallSteps = [
  { bytes: 128 << 10, segmentsMax: 1 },
  { bytes: 1 << 20, segmentsMax: 2 },
] as const

/**
 * The producers of a log whose segments are on disk up to `endOffset`, with snapshots at some offsets. One from before the first segment
 * is of no use: what came between is gone, among it the ends of transactions that would stay open for good.
 */
export async function rebuildProducers(
  io: SegmentIo,
  directory: string,
  snapshotOffsets: readonly number[],
  segments: readonly Segment[],
  endOffset: number,
  logger: Logger,
): Promise<ProducerState> {
  const producers = new ProducerState()
  const firstOffset = segments[0]?.baseOffset ?? endOffset
  const snapshot = await newestSnapshot(
    io.fileSystem,
    directory,
    snapshotOffsets.filter((offset) => offset >= firstOffset && offset <= endOffset),
    logger,
  )
  const from = snapshot?.offset ?? 0
  const recent = await recentBatches(io, segments, from, snapshot?.entries ?? [])
  for (const entry of snapshot?.entries ?? []) {
    producers.load({ ...entry, batches: recent.get(entry.producerId) ?? entry.batches })
  }
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

/**
 * A snapshot has the last batch of each producer, as Kafka's has. A client that sends five at once, got no answers and sends them again
 * must find all of them, so the batches before are looked up in the end of the log before the snapshot.
 */
async function recentBatches(
  io: SegmentIo,
  segments: readonly Segment[],
  snapshotOffset: number,
  entries: readonly ProducerEntry[],
): Promise<ReadonlyMap<number, readonly ProducerBatch[]>> {
  const wanted = new Map(entries.flatMap((entry) => (hasOlderBatches(entry) ? [[entry.producerId, entry]] : [])))
  const before = segments.filter(({ baseOffset, writtenSize }) => baseOffset < snapshotOffset && writtenSize > 0)
  let found = new Map<number, ProducerBatch[]>()
  for (const { bytes: range, segmentsMax } of wanted.size > 0 ? recallSteps : []) {
    found = new Map()
    for (const segment of before.slice(-segmentsMax)) {
      const { offsets } = io.cache.peek(segment) ?? (await io.cache.get(segment))
      const start = offsets.lookupPosition(Math.max(0, segment.writtenSize - range))
      await walk(io, segment, start, seekChunkBytes, (bytes, at) => {
        const batch = incomingBatch(bytes, at)
        const { epoch } = wanted.get(batch.producerId) ?? {}
        if (batch.baseOffset >= snapshotOffset) return false
        if (epoch !== batch.epoch || BatchHeader.isControl(bytes, at)) return true
        const batches = found.get(batch.producerId) ?? []
        found.set(batch.producerId, [...batches, producerBatch(batch)].slice(-cachedBatchesMax))
        return true
      })
    }
    if ([...wanted.keys()].every((producerId) => isWhole(found.get(producerId)))) break
  }
  // What does not end with the batch that the snapshot has says nothing: compaction may have taken some.
  for (const [producerId, batches] of found) {
    const last = wanted.get(producerId)?.batches.at(-1)
    if (batches.at(-1)?.lastOffset !== last?.lastOffset) found.delete(producerId)
  }
  return found
}

/** Whether looking further back would find no batch that is remembered. */
function isWhole(batches: readonly ProducerBatch[] | undefined): boolean {
  const [first] = batches ?? []
  return first !== undefined && (batches?.length === cachedBatchesMax || first.lastSequence <= first.offsetDelta)
}

function hasOlderBatches({ batches }: ProducerEntry): boolean {
  const last = batches.at(-1)
  return last !== undefined && last.lastSequence > last.offsetDelta
}

/**
 * Removes the snapshots that no start needs again: those of states that the log no longer reaches, and those between segments but
 * the newest (a clean stop leaves one), and that before a segment which has none. The offsets of the others, rising.
 */
export async function removeStraySnapshots(
  fileSystem: FileSystem,
  directory: string,
  names: readonly LogFileName[],
  segmentBases: readonly number[],
  endOffset: number,
): Promise<number[]> {
  const found = snapshotsAmong(names).sort((a, b) => a - b)
  const newest = found.findLast((offset) => offset <= endOffset)
  const needed = new Set([newest, ...segmentBases.map((base) => found.findLast((offset) => offset <= base))])
  const isKept = (offset: number) => offset <= endOffset && needed.has(offset)
  for (const offset of found) {
    if (!isKept(offset)) await removeFileIfAny(fileSystem, joinPath(directory, logFileName(offset, 'snapshot')))
  }
  return found.filter(isKept)
}

/** Makes the producers of a log at `offset` durable, in a file of that name. */
export async function writeSnapshot(
  fileSystem: FileSystem,
  directory: string,
  offset: number,
  producers: Iterable<ProducerEntry>,
): Promise<void> {
  await replaceFile(fileSystem, joinPath(directory, logFileName(offset, 'snapshot')), encodeSnapshot(producers))
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
  // The active segment's index is in memory: what a snapshot near its end covers is not walked again.
  const start = segment.indexes?.offsets.lookup(from) ?? { position: 0, offset: -1 }
  await walk(io, segment, start, scanChunkBytes, (bytes, at) => {
    if (BatchHeader.baseOffset(bytes, at) >= from) replayProducer(producers, bytes, at)
    return true
  })
}

/** Walks the headers of a segment that is durable, from an entry of its index on. Throws `damaged`. */
async function walk(
  io: SegmentIo,
  segment: Segment,
  from: IndexedPosition,
  chunkBytes: number,
  visit: BatchVisitor,
): Promise<void> {
  const start = (await isEntryRight(io, segment, from)) ? from.position : 0
  const lease = await io.open(segment)
  try {
    const range = { start, end: segment.writtenSize, nextOffset: segment.baseOffset, verify: false }
    const end = await scanBatches(lease.file, { ...range, chunkBytes }, visit)
    if (end.problem === undefined) return
    const message = `${segment.path} is damaged at byte ${end.position}, offset ${end.nextOffset}: ${end.problem}. It was durable, so nothing was cut off: restore the file, or remove the replica.`
    throw new StorageError('damaged', message, { path: segment.path, position: end.position })
  } finally {
    lease.release()
  }
}
