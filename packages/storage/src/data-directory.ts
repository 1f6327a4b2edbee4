/** One log directory: its lock, who it belongs to, its checkpoints, and whether the last process left it in order (reference 3.6). */
import type { Logger } from '@millrace/base'
import { readFileIfAny, removeFileIfAny, replaceFile } from './atomic-file.ts'
import {
  checkpointBytesMax,
  cleanerFileName,
  decodeOffsets,
  encodeOffsets,
  highWatermarkFileName,
  logStartFileName,
  type PartitionOffset,
  recoveryPointFileName,
} from './checkpoint.ts'
import {
  cleanShutdownBytesMax,
  cleanShutdownFileName,
  decodeCleanShutdown,
  encodeCleanShutdown,
} from './clean-shutdown.ts'
import { isStorageError, StorageError } from './errors.ts'
import { logDirectoryName, type TopicPartition } from './file-names.ts'
import { type FileSystem, joinPath, type Lock } from './fs/port.ts'
import {
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
  metaPropertiesBytesMax,
  metaPropertiesFileName,
} from './meta-properties.ts'

/** The checkpoint files that hold an offset per partition. */
export type CheckpointName =
  | typeof recoveryPointFileName
  | typeof logStartFileName
  | typeof highWatermarkFileName
  | typeof cleanerFileName

const checkpointNames: readonly CheckpointName[] = [
  recoveryPointFileName,
  logStartFileName,
  highWatermarkFileName,
  cleanerFileName,
]

export class DataDirectory {
  readonly path: string
  readonly #fileSystem: FileSystem
  readonly #logger: Logger
  readonly #lock: Lock
  /** Offsets by `topic-partition`, as the files have them. */
  readonly #offsets = new Map<CheckpointName, ReadonlyMap<string, PartitionOffset>>()
  /** The last write of each file: the next one waits for it. */
  readonly #writing = new Map<CheckpointName, Promise<void>>()
  readonly #written = new Map<CheckpointName, Buffer>()
  /** The broker epoch of the process that stopped cleanly; undefined after a crash. */
  cleanEpoch: number | undefined
  meta: MetaProperties | undefined

  private constructor(fileSystem: FileSystem, path: string, logger: Logger, lock: Lock) {
    this.#fileSystem = fileSystem
    this.path = path
    this.#logger = logger
    this.#lock = lock
  }

  /** Locks the directory and reads its files; changes nothing. Throws FileSystemError `locked`, StorageError `invalid-directory`. */
  static async open(fileSystem: FileSystem, path: string, logger: Logger): Promise<DataDirectory> {
    if ((await fileSystem.stat(path))?.kind !== 'directory') {
      throw new StorageError('invalid-directory', `log directory ${path} does not exist: format it first`, { path })
    }
    const lock = await fileSystem.lock(joinPath(path, '.lock'))
    const directory = new DataDirectory(fileSystem, path, logger, lock)
    try {
      await directory.#read()
      return directory
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  async #read(): Promise<void> {
    const metaPath = joinPath(this.path, metaPropertiesFileName)
    const meta = await readFileIfAny(this.#fileSystem, metaPath, metaPropertiesBytesMax)
    this.meta = meta && decodeMetaProperties(meta, metaPath)
    const clean = await readFileIfAny(
      this.#fileSystem,
      joinPath(this.path, cleanShutdownFileName),
      cleanShutdownBytesMax,
    )
    this.cleanEpoch = clean && decodeCleanShutdown(clean)
    for (const name of checkpointNames) this.#offsets.set(name, await this.#readOffsets(name))
  }

  async #readOffsets(name: CheckpointName): Promise<Map<string, PartitionOffset>> {
    const path = joinPath(this.path, name)
    const bytes = await readFileIfAny(this.#fileSystem, path, checkpointBytesMax)
    if (bytes === undefined) return new Map()
    try {
      return new Map(decodeOffsets(bytes, path).map((entry) => [logDirectoryName(entry), entry]))
    } catch (error) {
      if (!isStorageError(error, 'invalid-file')) throw error
      // Without recovery points everything is checked; without log starts, records deleted on request can be read again.
      this.#logger.error('a checkpoint is damaged and counts as empty', { path, error: error.message })
      return new Map()
    }
  }

  /** The offset of a partition in a checkpoint file, as it was found or last written; undefined for none. */
  offset(name: CheckpointName, topicPartition: TopicPartition): number | undefined {
    return this.#offsets.get(name)?.get(logDirectoryName(topicPartition))?.offset
  }

  /** Makes the directory count as crashed until {@link finish}, and the checkpoint files that are missing. Durable. */
  async begin(): Promise<void> {
    await removeFileIfAny(this.#fileSystem, joinPath(this.path, cleanShutdownFileName))
    for (const name of checkpointNames) {
      await (await this.#fileSystem.open(joinPath(this.path, name), 'create')).close()
    }
    await this.#fileSystem.syncDirectory(this.path)
  }

  /** Replaces a checkpoint file, unless it has these entries already. Writes of one file come one after the other. */
  writeOffsets(name: CheckpointName, entries: readonly PartitionOffset[]): Promise<void> {
    const bytes = encodeOffsets(entries)
    const write = async () => {
      if (this.#written.get(name)?.equals(bytes)) return
      await replaceFile(this.#fileSystem, joinPath(this.path, name), bytes)
      this.#written.set(name, bytes)
      this.#offsets.set(name, new Map(entries.map((entry) => [logDirectoryName(entry), entry])))
    }
    const result = (this.#writing.get(name) ?? Promise.resolve()).then(write, write)
    this.#writing.set(
      name,
      result.catch(() => {}),
    )
    return result
  }

  /** Writes `meta.properties`. */
  async writeMeta(meta: MetaProperties): Promise<void> {
    await replaceFile(this.#fileSystem, joinPath(this.path, metaPropertiesFileName), encodeMetaProperties(meta))
    this.meta = meta
  }

  /** Marks the directory as left in order. The last write of a process. */
  async finish(brokerEpoch: number): Promise<void> {
    const path = joinPath(this.path, cleanShutdownFileName)
    await replaceFile(this.#fileSystem, path, encodeCleanShutdown(brokerEpoch))
    this.cleanEpoch = brokerEpoch
  }

  release(): Promise<void> {
    return this.#lock.release()
  }
}

/**
 * Makes a new log directory with its `meta.properties`. Throws `invalid-directory` when it has one already.
 */
export async function formatDirectory(fileSystem: FileSystem, path: string, meta: MetaProperties): Promise<void> {
  const metaPath = joinPath(path, metaPropertiesFileName)
  await fileSystem.makeDirectory(path)
  const found = await readFileIfAny(fileSystem, metaPath, metaPropertiesBytesMax)
  if (found !== undefined) {
    const message = `${path} is formatted already, for node ${decodeMetaProperties(found, metaPath).nodeId}`
    throw new StorageError('invalid-directory', message, { path })
  }
  await replaceFile(fileSystem, metaPath, encodeMetaProperties(meta))
}
