/** Makes a directory what `kafka-storage.sh format --standalone` makes it: a cluster of one, ready for its first start. Reference 4.5. */
import { type Clock, type Random, randomUuid, type Uuid } from '@millrace/base'
import { bootstrapRecords } from '@millrace/metadata'
import { type Voter, VoterSet } from '@millrace/raft'
import {
  decodeMetaProperties,
  encodeMetaProperties,
  type FileSystem,
  FileSystemError,
  isFileSystemError,
  joinPath,
  metadataPartition,
  metaPropertiesFileName,
  parentPath,
  replaceFile,
  StorageError,
} from '@millrace/storage'
import { encodeSnapshot, snapshotFileName } from './controller/metadata-snapshot.ts'

export const bootstrapFileName = 'bootstrap.checkpoint'

export interface FormatOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly nodeId: number
  readonly controllerEndpoint: { readonly name: string; readonly host: string; readonly port: number }
  readonly clock: Clock
  readonly random: Random
  /** The cluster of a directory that does not hold the metadata; undefined for one that does: a cluster of its own. */
  readonly clusterId?: Uuid
}

const metaPropertiesSizeMax = 1024 * 1024

/** What became of the directories: those that could not be used, and those that are new. */
export interface FormattedDirectories {
  readonly clusterId: Uuid
  readonly formatted: readonly string[]
  readonly unusable: ReadonlyMap<string, Error>
}

/**
 * Formats every directory that is empty: the one of the metadata first, the others into the same cluster. One that its disk does not
 * give is left out. Throws what is wrong with the metadata's, and StorageError `invalid-directory` for one that holds something else,
 * or when the metadata's is empty and another is not: its cluster's metadata is elsewhere.
 */
export async function formatDirectories(
  options: Omit<FormatOptions, 'directory'> & {
    readonly directories: readonly string[]
    readonly metadataDirectory: string
  },
): Promise<FormattedDirectories> {
  const { fileSystem, directories, metadataDirectory } = options
  const others = directories.filter((directory) => directory !== metadataDirectory)
  await requireMetadata(fileSystem, metadataDirectory, others)
  const isNew = await formatIfEmpty({ ...options, directory: metadataDirectory })
  const formatted = isNew ? [metadataDirectory] : []
  const clusterId = await readClusterId(fileSystem, metadataDirectory)
  const unusable = new Map<string, Error>()
  for (const directory of others) {
    try {
      if (await formatIfEmpty({ ...options, directory, clusterId })) formatted.push(directory)
    } catch (error) {
      if (!(error instanceof FileSystemError) || error.code === 'locked') throw error
      unusable.set(directory, error)
    }
  }
  return { clusterId, formatted, unusable }
}

async function requireMetadata(fileSystem: FileSystem, directory: string, others: readonly string[]): Promise<void> {
  if (await isFormatted(fileSystem, directory)) return
  for (const other of others) {
    const isOld = await isFormatted(fileSystem, other).catch(() => false)
    if (!isOld) continue
    const message = `${directory} is to hold the metadata and is empty, but ${other} belongs to a cluster: name the directory that has its metadata, as metadata.log.dir or first in log.dirs`
    throw new StorageError('invalid-directory', message, { path: directory })
  }
}

async function isFormatted(fileSystem: FileSystem, directory: string): Promise<boolean> {
  return (await fileSystem.stat(joinPath(directory, metaPropertiesFileName))) !== undefined
}

async function readClusterId(fileSystem: FileSystem, directory: string): Promise<Uuid> {
  const path = joinPath(directory, metaPropertiesFileName)
  const { clusterId } = decodeMetaProperties(await fileSystem.readFile(path, metaPropertiesSizeMax), path)
  if (clusterId !== undefined) return clusterId
  throw new StorageError('invalid-directory', `${path}: cluster.id is missing`, { path })
}

/** kraft.version range of the voter. */
export const kraftVersionRange = { min: 0, max: 1 } as const

/**
 * Formats the directory if it does not exist or is empty. Answers whether it did. Throws StorageError `invalid-directory` for a
 * directory that holds something else: it would be mixed with a broker's data.
 */
export async function formatIfEmpty(options: FormatOptions): Promise<boolean> {
  const { fileSystem, directory } = options
  const path = joinPath(directory, metaPropertiesFileName)
  if ((await fileSystem.stat(path)) !== undefined) return false
  await makeDurableDirectory(fileSystem, directory)
  // Two that start at once must not format it together; the second finds it formatted.
  const lock = await fileSystem.lock(joinPath(directory, '.lock'))
  try {
    if ((await fileSystem.stat(path)) !== undefined) return false
    await requireEmpty(fileSystem, directory)
    await format(options)
    return true
  } finally {
    await lock.release()
  }
}

/**
 * Makes the directory and its parents, and sees to it that a power cut does not take their names away again, and with them all
 * the data. Every parent is synced, for an earlier start may have been killed after making one; those that may not be opened
 * were not made by us.
 */
async function makeDurableDirectory(fileSystem: FileSystem, directory: string): Promise<void> {
  await fileSystem.makeDirectory(directory)
  for (let path = directory; parentPath(path) !== path; path = parentPath(path)) {
    try {
      await fileSystem.syncDirectory(parentPath(path))
    } catch (error) {
      if (!isFileSystemError(error, 'permission')) throw error
    }
  }
}

async function requireEmpty(fileSystem: FileSystem, directory: string): Promise<void> {
  const foreign = (await fileSystem.list(directory)).filter(({ name }) => !isOurs(name))
  if (foreign.length === 0) return
  const names = foreign
    .slice(0, 3)
    .map(({ name }) => name)
    .join(', ')
  const message = `${directory} holds no broker's data, but is not empty (${names}): choose another directory`
  throw new StorageError('invalid-directory', message, { path: directory })
}

/** What an interrupted formatting, or a lock, may have left. */
function isOurs(name: string): boolean {
  const metadataDirectory = `${metadataPartition.topic}-${metadataPartition.partition}`
  return (
    name === metadataDirectory ||
    name.startsWith('.lock') ||
    name.startsWith(bootstrapFileName) ||
    name.endsWith('.tmp')
  )
}

async function format({
  fileSystem,
  directory,
  nodeId,
  controllerEndpoint,
  clock,
  random,
  clusterId: known,
}: FormatOptions): Promise<void> {
  const directoryId = randomUuid(random)
  const clusterId: Uuid = known ?? randomUuid(random)
  const nowMs = clock.now()
  if (known === undefined) await writeVoters({ fileSystem, directory, nodeId, controllerEndpoint, directoryId, nowMs })
  const bootstrap = encodeSnapshot(bootstrapRecords(), undefined, {
    epoch: 0,
    timestamp: nowMs,
    lastContainedTimestamp: 0,
  })
  await replaceFile(fileSystem, joinPath(directory, bootstrapFileName), bootstrap)
  // Last: its presence says that the directory is formatted.
  const meta = encodeMetaProperties({ version: 1, clusterId, nodeId, directoryId })
  await replaceFile(fileSystem, joinPath(directory, metaPropertiesFileName), meta)
}

/** The snapshot that the metadata log begins with: this node is the quorum. */
async function writeVoters({
  fileSystem,
  directory,
  nodeId,
  controllerEndpoint,
  directoryId,
  nowMs,
}: Pick<FormatOptions, 'fileSystem' | 'directory' | 'nodeId' | 'controllerEndpoint'> & {
  readonly directoryId: Uuid
  readonly nowMs: number
}): Promise<void> {
  const metadataDirectory = joinPath(directory, `${metadataPartition.topic}-${metadataPartition.partition}`)
  await fileSystem.makeDirectory(metadataDirectory)
  await fileSystem.syncDirectory(directory)
  const voter: Voter = {
    id: nodeId,
    directoryId,
    endpoints: [controllerEndpoint],
    kraftVersionMin: kraftVersionRange.min,
    kraftVersionMax: kraftVersionRange.max,
  }
  const quorum = { kraftVersion: 1, voters: new VoterSet([voter]) }
  const checkpoint = joinPath(metadataDirectory, snapshotFileName({ offset: 0, epoch: 0 }))
  await replaceFile(
    fileSystem,
    checkpoint,
    encodeSnapshot([], quorum, { epoch: 0, timestamp: nowMs, lastContainedTimestamp: nowMs }),
  )
}
