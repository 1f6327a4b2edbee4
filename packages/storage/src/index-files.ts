/** Index files on disk, and a bounded memory of those that readers need again. */
import { readFileIfAny, removeFileIfAny } from './atomic-file.ts'
import { type FileSystem, writeFully } from './fs/port.ts'
import { OffsetIndex, offsetIndexEntrySize } from './offset-index.ts'
import type { Segment, SegmentIndexes } from './segment.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

/** Largest index file that is read: Kafka's own are at most 10 MiB unless configured otherwise. */
const indexFileBytesMax = 256 << 20

const nothing = Buffer.alloc(0)

interface FoundIndexes {
  readonly indexes: SegmentIndexes
  /** False when a file is missing, or holds more than its sound entries. */
  readonly isSound: boolean
  /** Whether writing them again would change nothing: a killed Kafka leaves zeros behind the entries, and those are sound. */
  readonly isExact: boolean
}

/** `isWithoutAborted`: there is known to be no file of aborted transactions. */
export async function readIndexes(
  fileSystem: FileSystem,
  segment: Segment,
  { isWithoutAborted = false } = {},
): Promise<FoundIndexes> {
  const [offsetBytes, timeBytes, abortedBytes] = await Promise.all([
    readFileIfAny(fileSystem, segment.offsetIndexPath, indexFileBytesMax),
    readFileIfAny(fileSystem, segment.timeIndexPath, indexFileBytesMax),
    isWithoutAborted ? undefined : readFileIfAny(fileSystem, segment.transactionIndexPath, indexFileBytesMax),
  ])
  const offsets = OffsetIndex.decode(offsetBytes ?? nothing, segment.baseOffset)
  const times = TimeIndex.decode(timeBytes ?? nothing, segment.baseOffset)
  const aborted = TransactionIndex.decode(abortedBytes ?? nothing, segment.baseOffset)
  const areThere = offsetBytes !== undefined && timeBytes !== undefined
  const isSound = areThere && offsets.isSound && times.isSound && aborted.isSound
  // An entry beyond the end of the data belongs to bytes that are gone.
  const last = offsets.index.entry(offsets.index.count - 1)
  // What is left of a damaged one would hide the largest timestamp: without any, the batches are asked.
  const newest = times.isSound ? times.index : new TimeIndex(segment.baseOffset)
  const indexes = { offsets: offsets.index, times: newest, aborted: aborted.index }
  const sizes = [offsetBytes, timeBytes, abortedBytes].map((bytes) => bytes?.length ?? 0)
  const usedSizes = [offsets, times, aborted].map(({ index }) => index.bytes.length)
  const isExact = isSound && sizes.join() === usedSizes.join()
  return { indexes, isSound: isSound && last.position <= segment.size, isExact }
}

/** Whether the file of aborted transactions, which may be missing, is whole. */
export async function isTransactionIndexSound(fileSystem: FileSystem, segment: Segment): Promise<boolean> {
  const bytes = await readFileIfAny(fileSystem, segment.transactionIndexPath, indexFileBytesMax)
  return bytes === undefined || TransactionIndex.decode(bytes, segment.baseOffset).isSound
}

/** Writes the files whole and makes them durable, without their names. A segment without aborted transactions has no file of them. */
export async function writeIndexes(fileSystem: FileSystem, segment: Segment, indexes: SegmentIndexes): Promise<void> {
  await writeIndex(fileSystem, segment.offsetIndexPath, indexes.offsets.bytes)
  await writeIndex(fileSystem, segment.timeIndexPath, indexes.times.bytes)
  if (indexes.aborted.count > 0) await writeIndex(fileSystem, segment.transactionIndexPath, indexes.aborted.bytes)
  else await removeFileIfAny(fileSystem, segment.transactionIndexPath)
}

async function writeIndex(fileSystem: FileSystem, path: string, bytes: Buffer): Promise<void> {
  const file = await fileSystem.open(path, 'create')
  try {
    await writeFully(file, bytes, 0)
    await file.truncate(bytes.length)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Indexes of segments that are no longer appended to: the most recently used ones, up to a number of bytes. */
export class IndexCache {
  readonly #fileSystem: FileSystem
  readonly #bytesMax: number
  readonly #held = new Map<Segment, SegmentIndexes>()
  readonly #loading = new Map<Segment, Promise<SegmentIndexes>>()
  #bytes = 0

  constructor(fileSystem: FileSystem, bytesMax: number) {
    this.#fileSystem = fileSystem
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The segment's indexes when they are in memory. */
  peek(segment: Segment): SegmentIndexes | undefined {
    if (segment.indexes !== undefined) return segment.indexes
    const held = this.#held.get(segment)
    if (held === undefined) return undefined
    this.#held.delete(segment)
    this.#held.set(segment, held)
    return held
  }

  async get(segment: Segment): Promise<SegmentIndexes> {
    const held = this.peek(segment)
    if (held !== undefined) return held
    let loading = this.#loading.get(segment)
    if (loading === undefined) {
      loading = this.#load(segment).finally(() => this.#loading.delete(segment))
      this.#loading.set(segment, loading)
    }
    return loading
  }

  /** Takes over indexes that were in memory anyway. */
  put(segment: Segment, indexes: SegmentIndexes): void {
    this.drop(segment)
    this.#held.set(segment, indexes)
    this.#bytes += sizeOf(indexes)
    for (const [oldest, evicted] of this.#held) {
      if (this.#bytes <= this.#bytesMax) break
      this.#held.delete(oldest)
      this.#bytes -= sizeOf(evicted)
    }
  }

  drop(segment: Segment): void {
    const held = this.#held.get(segment)
    if (held === undefined) return
    this.#held.delete(segment)
    this.#bytes -= sizeOf(held)
  }

  async #load(segment: Segment): Promise<SegmentIndexes> {
    await segment.arriving
    const { indexes } = await readIndexes(this.#fileSystem, segment)
    if (!segment.isGone && segment.indexes === undefined) this.put(segment, indexes)
    return indexes
  }
}

function sizeOf({ offsets, times, aborted }: SegmentIndexes): number {
  return offsets.memoryBytes + times.memoryBytes + aborted.memoryBytes + offsetIndexEntrySize
}
