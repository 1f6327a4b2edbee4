/** What a file or directory holds, entry by entry, as it is: nothing is trusted, changed or kept in memory. */
import { DecodeError, decodeProducerSnapshot } from '@millrace/protocol'
import { checkpointBytesMax, decodeOffsets } from '../checkpoint.ts'
import { cleanShutdownBytesMax, decodeCleanShutdown } from '../clean-shutdown.ts'
import { StorageError } from '../errors.ts'
import { parseLogDirectoryName } from '../file-names.ts'
import { baseName, type FileSystem, joinPath, parentPath } from '../fs/port.ts'
import { LeaderEpochs } from '../leader-epochs.ts'
import { decodeMetaProperties, metaPropertiesBytesMax } from '../meta-properties.ts'
import { decodePartitionMetadata, partitionMetadataBytesMax } from '../partition-metadata.ts'
import { producerSnapshotBytesMax } from '../producer-snapshot.ts'
import { type FoundRecord, type RecordKind, RecordReader, type RecordsProblem, recordKindOf } from './batch-records.ts'
import { type FoundBatch, type FoundGap, isGap, walkBatches } from './batch-walk.ts'
import { dumpIndex, type IndexEntry } from './dump-index.ts'
import { type FileKind, type FileName, parseFileName } from './file-kind.ts'
import { decodeQuorumState, quorumStateBytesMax } from './quorum-state.ts'

export interface DumpOptions {
  /** Whether the records inside of batches are shown. Default false. */
  readonly records?: boolean
}

/** Starts what a file holds. */
export interface DumpedFile {
  readonly kind: 'file'
  readonly path: string
  readonly fileKind: FileKind
  /** Bytes. */
  readonly size: number
}

/** The fields of a file, or of one of its entries. */
export interface DumpedFields {
  readonly kind: 'fields'
  /** What they are: `checkpoint entry`, `producer`, `leader epoch`, ... */
  readonly of: string
  readonly fields: Readonly<Record<string, unknown>>
}

export type DumpEntry = DumpedFile | DumpedFields | FoundBatch | FoundGap | FoundRecord | IndexEntry | RecordsProblem

/**
 * All entries of a file, or of all files of a directory and its directories. Streams: a segment of any size is read piece by
 * piece. What cannot be read is an entry of kind `problem`. Throws FileSystemError, and `invalid-directory` when `path` is
 * not there.
 */
export async function* dump(
  fileSystem: FileSystem,
  path: string,
  options: DumpOptions = {},
): AsyncGenerator<DumpEntry> {
  const status = await fileSystem.stat(path)
  if (status === undefined) throw new StorageError('invalid-directory', `there is no ${path}`, { path })
  if (status.kind === 'directory') {
    yield* dumpDirectory(fileSystem, path, options)
    return
  }
  if (parseFileName(baseName(path)).kind === 'unknown') {
    const message = `${path} is no file of a data directory: nothing is known about a file of this name`
    throw new StorageError('invalid-file', message, { path })
  }
  yield* dumpFile(fileSystem, path, status.size, options)
}

async function* dumpDirectory(
  fileSystem: FileSystem,
  directory: string,
  options: DumpOptions,
): AsyncGenerator<DumpEntry> {
  for (const { name, kind } of await fileSystem.list(directory)) {
    const path = joinPath(directory, name)
    if (kind === 'file') {
      // A running broker may have removed it by now.
      const status = await fileSystem.stat(path)
      if (status !== undefined) yield* dumpFile(fileSystem, path, status.size, options)
    } else if (parseLogDirectoryName(name).kind !== 'unknown') {
      yield* dumpDirectory(fileSystem, path, options)
    }
  }
}

async function* dumpFile(
  fileSystem: FileSystem,
  path: string,
  size: number,
  options: DumpOptions,
): AsyncGenerator<DumpEntry> {
  const name = parseFileName(baseName(path))
  yield { kind: 'file', path, fileKind: name.kind, size }
  if (name.kind === 'segment' || name.kind === 'metadata-snapshot') {
    yield* dumpBatches(fileSystem, path, name, options)
  } else if (name.kind === 'offset-index' || name.kind === 'time-index' || name.kind === 'transaction-index') {
    yield* dumpIndex(fileSystem, path, name.kind, name)
  } else if (name.kind !== 'lock' && name.kind !== 'unknown') {
    yield* dumpSmallFile(fileSystem, path, name.kind)
  }
}

function recordKindAt(path: string, kind: FileKind): RecordKind {
  if (kind === 'metadata-snapshot') return 'metadata'
  const directory = baseName(parentPath(path)).replace(/\.[0-9a-fA-F-]+-(delete|stray|future)$/, '')
  const parsed = parseLogDirectoryName(directory)
  return recordKindOf(parsed.kind === 'log' ? parsed.topic : undefined)
}

async function* dumpBatches(
  fileSystem: FileSystem,
  path: string,
  name: FileName,
  options: DumpOptions,
): AsyncGenerator<DumpEntry> {
  const file = await fileSystem.open(path, 'read')
  try {
    // Batches of a snapshot count from zero, whatever its name says.
    const nextOffset = name.kind === 'segment' ? name.baseOffset : 0
    const records = new RecordReader(file, recordKindAt(path, name.kind))
    for await (const steps of walkBatches(file, { start: 0, end: await file.size(), nextOffset })) {
      for (const step of steps) {
        yield isGap(step) ? step : step.batch
        if (!isGap(step) && options.records === true) yield* await records.read(step.batch)
      }
    }
  } finally {
    await file.close()
  }
}

type SmallFileKind =
  | 'producer-snapshot'
  | 'leader-epochs'
  | 'offset-checkpoint'
  | 'partition-metadata'
  | 'meta-properties'
  | 'clean-shutdown'
  | 'quorum-state'

interface SmallFile {
  readonly sizeMax: number
  /** Throws StorageError or DecodeError. */
  read(bytes: Buffer, path: string): DumpedFields[]
}

function fieldsOf(of: string, fields: object): DumpedFields {
  return { kind: 'fields', of, fields: { ...fields } }
}

/** To add a kind of small file, add a row. */
const smallFiles: Readonly<Record<SmallFileKind, SmallFile>> = {
  'producer-snapshot': {
    sizeMax: producerSnapshotBytesMax,
    read: (bytes) => decodeProducerSnapshot(bytes).map((entry) => fieldsOf('producer', entry)),
  },
  'leader-epochs': {
    sizeMax: checkpointBytesMax,
    read: (bytes, path) => LeaderEpochs.decode(bytes, path).entries.map((entry) => fieldsOf('leader epoch', entry)),
  },
  'offset-checkpoint': {
    sizeMax: checkpointBytesMax,
    read: (bytes, path) => decodeOffsets(bytes, path).map((entry) => fieldsOf('checkpoint entry', entry)),
  },
  'partition-metadata': {
    sizeMax: partitionMetadataBytesMax,
    read: (bytes, path) => [fieldsOf('topic', { topicId: decodePartitionMetadata(bytes, path) })],
  },
  'meta-properties': {
    sizeMax: metaPropertiesBytesMax,
    read: (bytes, path) => [fieldsOf('log directory', decodeMetaProperties(bytes, path))],
  },
  'clean-shutdown': {
    sizeMax: cleanShutdownBytesMax,
    read: (bytes) => [fieldsOf('clean stop', { brokerEpoch: decodeCleanShutdown(bytes) })],
  },
  'quorum-state': {
    sizeMax: quorumStateBytesMax,
    read: (bytes, path) => [fieldsOf('quorum state', decodeQuorumState(bytes, path))],
  },
}

async function* dumpSmallFile(fileSystem: FileSystem, path: string, kind: SmallFileKind): AsyncGenerator<DumpEntry> {
  const { sizeMax, read } = smallFiles[kind]
  try {
    yield* read(await fileSystem.readFile(path, sizeMax), path)
  } catch (error) {
    if (!(error instanceof StorageError || error instanceof DecodeError)) throw error
    yield { kind: 'problem', position: 0, problem: error.message }
  }
}
