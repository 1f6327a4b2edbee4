/** One log directory: who it belongs to, its checkpoints, and each log in it. Reads only. */
import { readFileIfAny } from '../atomic-file.ts'
import {
  checkpointBytesMax,
  cleanerFileName,
  decodeOffsets,
  highWatermarkFileName,
  logStartFileName,
  recoveryPointFileName,
} from '../checkpoint.ts'
import { cleanShutdownFileName } from '../clean-shutdown.ts'
import { StorageError } from '../errors.ts'
import { logDirectoryName, parseLogDirectoryName } from '../file-names.ts'
import { type FileSystem, joinPath } from '../fs/port.ts'
import {
  decodeMetaProperties,
  type MetaProperties,
  metaPropertiesBytesMax,
  metaPropertiesFileName,
} from '../meta-properties.ts'
import { checkPartition, type PartitionOptions, type PartitionResult, type Promises } from './check-partition.ts'
import { parseFileName } from './file-kind.ts'
import type { Findings } from './findings.ts'
import { isKeptOriginal, reportKeptOriginals } from './kept-original.ts'

export interface DirectoryResult {
  readonly directory: string
  readonly meta: MetaProperties | undefined
  readonly isClean: boolean
  readonly partitions: readonly PartitionResult[]
}

const checkpointFields = [
  [recoveryPointFileName, 'recoveryPoint'],
  [highWatermarkFileName, 'highWatermark'],
  [logStartFileName, 'logStartOffset'],
  [cleanerFileName, 'firstDirtyOffset'],
] as const satisfies readonly (readonly [string, keyof Promises])[]

/** What a damaged checkpoint costs, and whether a start makes it again. */
const checkpointAdvice: Readonly<Record<string, { readonly advice: string; readonly isMadeAgain: boolean }>> = {
  [recoveryPointFileName]: {
    advice: 'millrace log repair sets it aside: the next start checks every log from its beginning',
    isMadeAgain: true,
  },
  [highWatermarkFileName]: {
    advice: 'millrace log repair sets it aside: what is committed is found out again',
    isMadeAgain: true,
  },
  [cleanerFileName]: {
    advice: 'millrace log repair sets it aside: compaction starts from the beginning',
    isMadeAgain: true,
  },
  [logStartFileName]: {
    advice: 'restore it: without it, records that were deleted on request can be read again',
    isMadeAgain: false,
  },
}

/** What the checkpoint files say, by the name of the partition's directory. */
export async function readPromises(
  fileSystem: FileSystem,
  directory: string,
  findings: Findings,
): Promise<Map<string, Promises>> {
  const promises = new Map<string, Promises>()
  for (const [name, field] of checkpointFields) {
    const path = joinPath(directory, name)
    const bytes = await readFileIfAny(fileSystem, path, checkpointBytesMax)
    if (bytes === undefined) continue
    try {
      for (const entry of decodeOffsets(bytes, path)) {
        const key = logDirectoryName(entry)
        promises.set(key, { ...promises.get(key), [field]: entry.offset })
      }
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      const { advice, isMadeAgain } = checkpointAdvice[name] as { advice: string; isMadeAgain: boolean }
      const remedy = isMadeAgain ? { remedy: { kind: 'set-aside', path } as const } : {}
      findings.error(path, error.message, advice, remedy)
    }
  }
  return promises
}

export async function checkDirectory(
  fileSystem: FileSystem,
  directory: string,
  findings: Findings,
): Promise<DirectoryResult> {
  const entries = await fileSystem.list(directory)
  const names = new Set(entries.map(({ name }) => name))
  const meta = await readMeta(fileSystem, directory, findings)
  const isClean = names.has(cleanShutdownFileName)
  if (!isClean) {
    const path = joinPath(directory, cleanShutdownFileName)
    findings.note(path, 'the last process did not stop in order', 'the next start checks what was not yet durable')
  }
  reportKeptOriginals(directory, entries, findings)
  const promises = await readPromises(fileSystem, directory, findings)
  const partitions: PartitionResult[] = []
  for (const { name, kind } of entries) {
    const path = joinPath(directory, name)
    if (kind === 'file') checkTopLevelFile(path, name, findings)
    else {
      const found = await checkFolder(fileSystem, path, name, { promises: promises.get(name) ?? {}, isClean }, findings)
      if (found !== undefined) partitions.push(found)
    }
  }
  const absent = [...promises.keys()].filter((name) => !names.has(name)).sort()
  if (absent.length > 0) {
    const shown = absent.slice(0, 5).join(', ') + (absent.length > 5 ? ` and ${absent.length - 5} more` : '')
    findings.note(
      directory,
      `checkpoints name partitions without a directory here: ${shown}`,
      'the next start forgets them',
    )
  }
  return { directory, meta, isClean, partitions }
}

async function readMeta(
  fileSystem: FileSystem,
  directory: string,
  findings: Findings,
): Promise<MetaProperties | undefined> {
  const path = joinPath(directory, metaPropertiesFileName)
  const bytes = await readFileIfAny(fileSystem, path, metaPropertiesBytesMax)
  if (bytes === undefined) {
    findings.error(path, 'it is missing', 'no broker opens the directory: restore the file from a backup')
    return undefined
  }
  try {
    const meta = decodeMetaProperties(bytes, path)
    if (meta.directoryId === undefined) {
      findings.note(path, 'it has no directory.id, as before Kafka 3.7', 'the next start gives it one')
    }
    return meta
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    findings.error(path, error.message, 'no broker opens the directory: restore the file from a backup')
    return undefined
  }
}

function checkTopLevelFile(path: string, name: string, findings: Findings): void {
  if (isKeptOriginal(name)) return
  if (name.endsWith('.tmp')) {
    findings.note(path, 'a file that was not written completely', 'the next write of that file replaces it')
  } else if (parseFileName(name).kind === 'unknown' && name !== '.lock.socket') {
    findings.note(path, 'no file of a log directory: nothing opens it')
  }
}

async function checkFolder(
  fileSystem: FileSystem,
  path: string,
  name: string,
  options: PartitionOptions,
  findings: Findings,
): Promise<PartitionResult | undefined> {
  const { kind } = parseLogDirectoryName(name)
  if (kind === 'log') return checkPartition(fileSystem, path, findings, options)
  if (kind === 'delete') findings.note(path, 'a deleted partition', 'the next start removes it')
  else if (kind === 'future') {
    findings.note(path, 'the target of a move between log directories', 'the move goes on after the next start')
  } else if (kind === 'stray') {
    const advice = 'it is kept. When you do not need its records, remove it'
    findings.warning(path, 'a partition that the cluster did not know when it was found', advice)
  } else {
    const advice = 'Millrace leaves it alone; Apache Kafka refuses to start with it: move it away'
    findings.warning(path, 'a directory whose name is no partition', advice)
  }
  return undefined
}
