/** The entries of an index file, each with whether it points where it should. */
import { BatchHeader } from '@millrace/protocol'
import { readFileIfAny } from '../atomic-file.ts'
import { logFileName } from '../file-names.ts'
import { type File, type FileSystem, isFileSystemError, joinPath, parentPath } from '../fs/port.ts'
import { OffsetIndex, offsetIndexEntrySize } from '../offset-index.ts'
import { scanBatches, seekChunkBytes } from '../scan.ts'
import { TimeIndex, timeIndexEntrySize } from '../time-index.ts'
import { TransactionIndex, transactionIndexEntrySize } from '../transaction-index.ts'
import type { RecordsProblem } from './batch-records.ts'
import type { FileName } from './file-kind.ts'
import { indexFileBytesMax } from './index-limits.ts'

export type IndexEntry = { readonly kind: 'index-entry'; readonly position: number; readonly problem?: string } & (
  | { readonly index: 'offset'; readonly offset: number; readonly filePosition: number }
  | { readonly index: 'time'; readonly timestamp: number; readonly offset: number }
  | {
      readonly index: 'transaction'
      readonly producerId: number
      readonly firstOffset: number
      readonly lastOffset: number
      readonly lastStableOffset: number
    }
)

type IndexKind = 'offset-index' | 'time-index' | 'transaction-index'

/** The entries, in order. Those that a preallocated file has room for and does not hold are left out. */
export async function* dumpIndex(
  fileSystem: FileSystem,
  path: string,
  kind: IndexKind,
  { baseOffset, suffix }: FileName,
): AsyncGenerator<IndexEntry | RecordsProblem> {
  const bytes = await fileSystem.readFile(path, indexFileBytesMax)
  const log = await openLog(fileSystem, joinPath(parentPath(path), logFileName(baseOffset, 'log') + suffix))
  try {
    if (kind === 'offset-index') yield* dumpOffsets(bytes, baseOffset, log)
    else if (kind === 'time-index')
      yield* dumpTimes(
        fileSystem,
        joinPath(parentPath(path), logFileName(baseOffset, 'index') + suffix),
        bytes,
        baseOffset,
        log,
      )
    else yield* dumpTransactions(bytes, baseOffset)
  } finally {
    await log?.close()
  }
}

async function openLog(fileSystem: FileSystem, path: string): Promise<File | undefined> {
  try {
    return await fileSystem.open(path, 'read')
  } catch (error) {
    if (isFileSystemError(error, 'not-found')) return undefined
    throw error
  }
}

const noLog = 'there is no segment beside it'

function optional(problem: string | undefined): { problem?: string } {
  return problem === undefined ? {} : { problem }
}

async function* dumpOffsets(bytes: Buffer, baseOffset: number, log: File | undefined) {
  const { index, isSound } = OffsetIndex.decode(bytes, baseOffset)
  for (let place = 0; place < index.count; place++) {
    const { offset, position: filePosition } = index.entry(place)
    const problem = log === undefined ? noLog : await offsetProblem(log, offset, filePosition)
    const position = place * offsetIndexEntrySize
    const entry: IndexEntry = {
      kind: 'index-entry',
      index: 'offset',
      position,
      offset,
      filePosition,
      ...optional(problem),
    }
    yield entry
  }
  if (!isSound) yield unsound(index.count * offsetIndexEntrySize)
}

function unsound(position: number): RecordsProblem {
  return { kind: 'problem', position, problem: 'the bytes from here on are no entries' }
}

async function offsetProblem(log: File, offset: number, filePosition: number): Promise<string | undefined> {
  const size = await log.size()
  if (filePosition >= size) return `it points beyond the segment's ${size} bytes`
  const found = await batchFrom(log, size, filePosition, () => true)
  if (found === undefined) return 'no batch starts there'
  return found.lastOffset === offset ? undefined : `the batch there ends at offset ${found.lastOffset}`
}

interface Place {
  readonly lastOffset: number
  readonly maxTimestamp: number
}

/** The first batch from `start` on that `accepts` takes. */
async function batchFrom(
  log: File,
  size: number,
  start: number,
  accepts: (lastOffset: number) => boolean,
): Promise<Place | undefined> {
  let found: Place | undefined
  const range = { start, end: size, nextOffset: 0, verify: false, chunkBytes: seekChunkBytes }
  await scanBatches(log, range, (bytes, at) => {
    const lastOffset = BatchHeader.lastOffset(bytes, at)
    if (accepts(lastOffset)) found = { lastOffset, maxTimestamp: BatchHeader.maxTimestamp(bytes, at) }
    return found === undefined
  })
  return found
}

async function* dumpTimes(
  fileSystem: FileSystem,
  offsetPath: string,
  bytes: Buffer,
  baseOffset: number,
  log: File | undefined,
): AsyncGenerator<IndexEntry | RecordsProblem> {
  const { index, isSound } = TimeIndex.decode(bytes, baseOffset)
  const offsetBytes = (await readFileIfAny(fileSystem, offsetPath, indexFileBytesMax)) ?? Buffer.alloc(0)
  const offsets = OffsetIndex.decode(offsetBytes, baseOffset).index
  for (let place = 0; place < index.count; place++) {
    const { timestamp, offset } = index.entry(place)
    const problem = log === undefined ? noLog : await timeProblem(log, offsets, timestamp, offset)
    yield {
      kind: 'index-entry',
      index: 'time',
      position: place * timeIndexEntrySize,
      timestamp,
      offset,
      ...optional(problem),
    }
  }
  if (!isSound) yield unsound(index.count * timeIndexEntrySize)
}

async function timeProblem(
  log: File,
  offsets: OffsetIndex,
  timestamp: number,
  offset: number,
): Promise<string | undefined> {
  const size = await log.size()
  const from = offsets.lookup(offset).position
  const holds = (lastOffset: number) => lastOffset >= offset
  const found = (await batchFrom(log, size, from, holds)) ?? (await batchFrom(log, size, 0, holds))
  if (found === undefined) return 'its offset is beyond the segment'
  return found.maxTimestamp === timestamp ? undefined : `the batch at its offset has timestamp ${found.maxTimestamp}`
}

async function* dumpTransactions(bytes: Buffer, baseOffset: number): AsyncGenerator<IndexEntry | RecordsProblem> {
  const { index, isSound } = TransactionIndex.decode(bytes, baseOffset)
  for (const [place, entry] of index.entries().entries()) {
    yield { kind: 'index-entry', index: 'transaction', position: place * transactionIndexEntrySize, ...entry }
  }
  if (!isSound) yield unsound(index.count * transactionIndexEntrySize)
}
