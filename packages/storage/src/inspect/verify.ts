/** Checks stopped data directories, one log's directory or one file, and says what is wrong. Changes nothing. */
import { cleanShutdownFileName } from '../clean-shutdown.ts'
import { StorageError } from '../errors.ts'
import { logDirectoryName } from '../file-names.ts'
import { baseName, type FileSystem, joinPath, parentPath } from '../fs/port.ts'
import { checkMetaProperties } from '../meta-properties.ts'
import { checkDirectory, type DirectoryResult, readPromises } from './check-directory.ts'
import { checkPartition, isPartitionDirectory, type PartitionResult } from './check-partition.ts'
import { parseFileName } from './file-kind.ts'
import { type Finding, Findings } from './findings.ts'
import { readKnownTopics } from './known-topics.ts'
import { whileStopped } from './stopped-directory.ts'

export interface VerifyReport {
  readonly findings: readonly Finding[]
  readonly partitionCount: number
  readonly segmentCount: number
  readonly batchCount: number
  /** Bytes of the segments. */
  readonly size: number
}

/**
 * Checks every path: log directories (all of a broker together, so that they are compared), directories of single logs, or
 * single files. Throws `wrong-state` while a broker has one open, `invalid-directory` for a path that holds nothing of a log.
 */
export async function verify(fileSystem: FileSystem, paths: readonly string[]): Promise<VerifyReport> {
  const findings = new Findings()
  return whileStopped(fileSystem, paths, findings, () => verifyStopped(fileSystem, paths, findings))
}

/** As {@link verify}, for a caller that holds the locks. */
export async function verifyStopped(
  fileSystem: FileSystem,
  paths: readonly string[],
  findings: Findings,
): Promise<VerifyReport> {
  const directories: DirectoryResult[] = []
  const partitions: PartitionResult[] = []
  for (const path of paths) {
    const status = await fileSystem.stat(path)
    if (status === undefined) throw new StorageError('invalid-directory', `there is no ${path}`, { path })
    if (status.kind === 'file') {
      const found = await verifyFile(fileSystem, path, findings)
      if (found !== undefined) partitions.push(found)
      continue
    }
    const entries = await fileSystem.list(path)
    if (isPartitionDirectory(path, entries)) {
      partitions.push(await verifyPartition(fileSystem, path, findings))
      continue
    }
    requireLogDirectory(path, entries)
    const result = await checkDirectory(fileSystem, path, findings)
    directories.push(result)
    partitions.push(...result.partitions)
  }
  compareDirectories(directories, findings)
  comparePartitions(partitions, findings)
  await compareWithMetadata(fileSystem, directories, findings)
  const sum = (of: (partition: PartitionResult) => number) => partitions.reduce((total, each) => total + of(each), 0)
  return {
    findings: findings.list(),
    partitionCount: partitions.length,
    segmentCount: sum(({ segmentCount }) => segmentCount),
    batchCount: sum(({ batchCount }) => batchCount),
    size: sum(({ size }) => size),
  }
}

function requireLogDirectory(path: string, entries: readonly { readonly name: string; readonly kind: string }[]): void {
  const isKnown = entries.some(({ name, kind }) =>
    kind === 'directory' ? /-\d+(\..+)?$/.test(name) : !['unknown', 'lock'].includes(parseFileName(name).kind),
  )
  if (isKnown) return
  const message = `${path} holds nothing of a log: give a log directory (with meta.properties), the directory of one partition, or a file`
  throw new StorageError('invalid-directory', message, { path })
}

/** The directory of one log, with what the checkpoints beside it say, if there are any. */
async function verifyPartition(fileSystem: FileSystem, path: string, findings: Findings): Promise<PartitionResult> {
  const promises = await readPromises(fileSystem, parentPath(path), new Findings())
  const isClean = (await fileSystem.stat(joinPath(parentPath(path), cleanShutdownFileName))) !== undefined
  return checkPartition(fileSystem, path, findings, { promises: promises.get(baseName(path)) ?? {}, isClean })
}

/** One file, together with what it has to agree with: an index with its segment, and the other way round. */
async function verifyFile(
  fileSystem: FileSystem,
  path: string,
  findings: Findings,
): Promise<PartitionResult | undefined> {
  const { kind, baseOffset } = parseFileName(baseName(path))
  if (kind === 'unknown') {
    throw new StorageError('invalid-file', `${path} is no file of a data directory: nothing is known about it`, {
      path,
    })
  }
  const directory = parentPath(path)
  const own = new Findings()
  if (kind === 'segment' || kind === 'offset-index' || kind === 'time-index') {
    const promises = (await readPromises(fileSystem, parentPath(directory), new Findings())).get(baseName(directory))
    const segment = { promises: promises ?? {}, onlySegment: baseOffset }
    const result = await checkPartition(fileSystem, directory, own, segment)
    for (const finding of own.list()) if (kind === 'segment' || finding.path === path) findings.add(finding)
    return { ...result, segmentCount: 1 }
  }
  const isTopLevel = kind === 'offset-checkpoint' || kind === 'meta-properties' || kind === 'clean-shutdown'
  const isBootstrap = baseName(path) === 'bootstrap.checkpoint'
  if (isTopLevel || isBootstrap) await checkDirectory(fileSystem, directory, own)
  else await verifyPartition(fileSystem, directory, own).then(() => undefined)
  for (const finding of own.list()) if (finding.path === path) findings.add(finding)
  return undefined
}

function compareDirectories(directories: readonly DirectoryResult[], findings: Findings): void {
  const found = directories.flatMap(({ directory, meta }) =>
    meta === undefined ? [] : [{ directory, properties: meta }],
  )
  const first = found[0]
  if (first === undefined) return
  try {
    checkMetaProperties(found, { nodeId: first.properties.nodeId })
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    const advice = 'the directories do not belong together: a broker refuses to open them'
    findings.error(error.path ?? first.directory, error.message, advice)
  }
}

function comparePartitions(partitions: readonly PartitionResult[], findings: Findings): void {
  const places = new Map<string, string>()
  const topicIds = new Map<string, { topicId: string; directory: string }>()
  for (const { directory, topicPartition, topicId } of partitions) {
    if (topicPartition === undefined) continue
    const name = logDirectoryName(topicPartition)
    const other = places.get(name)
    if (other !== undefined && other !== directory) {
      findings.error(directory, `${other} holds the same partition`, 'a broker opens neither: keep one of them')
    }
    places.set(name, directory)
    if (topicId === undefined) continue
    const seen = topicIds.get(topicPartition.topic)
    if (seen !== undefined && seen.topicId !== topicId) {
      const what = `its topic id is ${topicId}, but that of ${seen.directory} is ${seen.topicId}`
      findings.error(directory, what, 'one of them is of an older topic of this name: move it away')
    }
    topicIds.set(topicPartition.topic, seen ?? { topicId, directory })
  }
}

/** Logs that the directory's own metadata does not know: kept by every broker, and not served. */
async function compareWithMetadata(
  fileSystem: FileSystem,
  directories: readonly DirectoryResult[],
  findings: Findings,
): Promise<void> {
  const home = directories.find(({ partitions }) => partitions.some(isMetadata))
  const metadata = home?.partitions.find(isMetadata)
  if (metadata === undefined) return
  const topics = await readKnownTopics(fileSystem, metadata.directory)
  if (topics === undefined) return
  for (const { directory, topicPartition, topicId } of directories.flatMap(({ partitions }) => partitions)) {
    if (topicPartition === undefined || topicPartition.topic === '__cluster_metadata') continue
    const known = topics.get(topicPartition.topic)
    const advice = 'a start keeps it aside and does not serve it. When you do not need its records, remove it'
    if (known === undefined) {
      const what = `the cluster's metadata has no topic ${topicPartition.topic}`
      findings.warning(directory, what, advice)
    } else if (topicId !== undefined && topicId !== known) {
      const what = `it belongs to topic id ${topicId}; the cluster's topic of this name has ${known}`
      findings.warning(joinPath(directory, 'partition.metadata'), what, advice)
    }
  }
}

function isMetadata({ topicPartition }: PartitionResult): boolean {
  return topicPartition?.topic === '__cluster_metadata' && topicPartition.partition === 0
}
