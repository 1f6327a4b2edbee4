/**
 * Repairs what can be repaired without guessing: indexes from their segment, a write that did not complete, files that a start
 * makes again. Every file is kept as it was before it is changed (see `kept-original.ts`). Only for stopped directories.
 */
import { readFileIfAny, replaceFile } from '../atomic-file.ts'
import {
  checkpointBytesMax,
  cleanerFileName,
  decodeOffsets,
  encodeOffsets,
  highWatermarkFileName,
  recoveryPointFileName,
} from '../checkpoint.ts'
import { cleanShutdownFileName } from '../clean-shutdown.ts'
import { logDirectoryName, logFileName, parseLogFileName } from '../file-names.ts'
import { baseName, type FileSystem, FileSystemError, joinPath, parentPath } from '../fs/port.ts'
import { LeaderEpochs, leaderEpochFileName } from '../leader-epochs.ts'
import { transactionIndexEntrySize } from '../transaction-index.ts'
import { type Finding, Findings, type Remedy } from './findings.ts'
import { copyFile, keptPath } from './kept-original.ts'
import { buildIndexes } from './rebuild-indexes.ts'
import { whileStopped } from './stopped-directory.ts'
import { verifyStopped } from './verify.ts'

export interface RepairOptions {
  /** Say what would be done, and do nothing. Default false. */
  readonly dryRun?: boolean
  /** End damaged logs at the damage, and lower the checkpoints to that: what follows is lost to readers. Default false. */
  readonly truncateAtDamage?: boolean
}

export interface RepairAction {
  /** The file that was made, changed or moved. */
  readonly path: string
  readonly what: string
  /** Where its original is; undefined for a file that was missing, and in a dry run. */
  readonly keptAs?: string
}

export interface RepairReport {
  readonly actions: readonly RepairAction[]
  /** Errors that no action takes care of. */
  readonly unrepaired: readonly Finding[]
}

/** Throws as `verify` does, and `no-space` when the originals do not fit beside the files. */
export async function repair(
  fileSystem: FileSystem,
  paths: readonly string[],
  options: RepairOptions = {},
): Promise<RepairReport> {
  const findings = new Findings()
  return whileStopped(fileSystem, paths, findings, async () => {
    const { findings: found } = await verifyStopped(fileSystem, paths, findings)
    return new Repair(fileSystem, options).run(found)
  })
}

/** Largest file that is written anew: indexes and checkpoints. */
const replacedBytesMax = 256 << 20

type CutRemedy = Extract<Remedy, { kind: 'cut' }>

class Repair {
  readonly #fileSystem: FileSystem
  readonly #options: RepairOptions
  readonly #actions: RepairAction[] = []
  /** Paths that were dealt with: several findings lead to one repair. */
  readonly #done = new Set<string>()

  constructor(fileSystem: FileSystem, options: RepairOptions) {
    this.#fileSystem = fileSystem
    this.#options = options
  }

  async run(findings: readonly Finding[]): Promise<RepairReport> {
    const remedies = findings.flatMap(({ remedy }) => remedy ?? [])
    const cuts = remedies.filter((remedy): remedy is CutRemedy => remedy.kind === 'cut' && this.#mayCut(remedy))
    for (const cut of cuts) await this.#cut(cut)
    for (const remedy of remedies) {
      if (remedy.kind === 'cut' || cuts.some((cut) => isBehind(cut, remedy))) continue
      await this.#apply(remedy)
    }
    const unrepaired = findings.filter((finding) => finding.severity === 'error' && !isRepaired(finding, cuts))
    return { actions: this.#actions, unrepaired }
  }

  #mayCut({ isTornWrite }: CutRemedy): boolean {
    return isTornWrite || this.#options.truncateAtDamage === true
  }

  async #apply(remedy: Exclude<Remedy, CutRemedy>): Promise<void> {
    if (remedy.kind === 'set-aside') await this.#setAside(remedy.path, 'set aside: it is made again at the next start')
    else if (remedy.kind === 'rebuild-indexes') await this.#rebuildIndexes(remedy.directory, remedy.baseOffset)
    else {
      const path = joinPath(remedy.directory, logFileName(remedy.baseOffset, 'txnindex'))
      await this.#replace(
        path,
        remedy.bytes,
        `built again: ${remedy.bytes.length / transactionIndexEntrySize} aborted transactions`,
      )
    }
  }

  async #cut({ directory, baseOffset, position, endOffset, isTornWrite }: CutRemedy): Promise<void> {
    const path = joinPath(directory, logFileName(baseOffset, 'log'))
    const names = (await this.#fileSystem.list(directory)).map(({ name }) => name)
    const what = `cut off at byte ${position}: the log ends at offset ${endOffset}`
    // The checkpoints first: a crash between the steps must not leave promises that the log does not keep.
    if (!isTornWrite) await this.#lowerCheckpoints(directory, endOffset)
    await this.#setAside(
      joinPath(parentPath(directory), cleanShutdownFileName),
      'set aside: the next start checks the logs',
    )
    // From the end to the cut, so that what is left is one log at every moment.
    const later = names.filter((name) => {
      const file = parseLogFileName(name)
      if (file === undefined || file.suffix !== '') return false
      return file.kind === 'snapshot' ? file.offset > endOffset : file.offset > baseOffset
    })
    for (const name of later.toSorted().toReversed()) {
      await this.#setAside(joinPath(directory, name), `set aside: it is of offsets beyond ${endOffset}`)
    }
    await this.#truncateFile(path, position, what)
    await this.#cutEpochs(directory, endOffset)
    await this.#rebuildIndexes(directory, baseOffset, position)
  }

  async #lowerCheckpoints(directory: string, endOffset: number): Promise<void> {
    for (const name of [recoveryPointFileName, highWatermarkFileName, cleanerFileName]) {
      const path = joinPath(parentPath(directory), name)
      const bytes = await readFileIfAny(this.#fileSystem, path, checkpointBytesMax)
      if (bytes === undefined) continue
      const entries = decodeOffsets(bytes, path)
      const lowered = entries.map((entry) => {
        const isThis = logDirectoryName(entry) === baseName(directory)
        return isThis && entry.offset > endOffset ? { ...entry, offset: endOffset } : entry
      })
      if (lowered.every((entry, index) => entry === entries[index])) continue
      await this.#replace(path, encodeOffsets(lowered), `lowered to offset ${endOffset} for ${baseName(directory)}`)
    }
  }

  async #cutEpochs(directory: string, endOffset: number): Promise<void> {
    const path = joinPath(directory, leaderEpochFileName)
    const bytes = await readFileIfAny(this.#fileSystem, path, checkpointBytesMax)
    if (bytes === undefined || this.#done.has(path)) return
    const epochs = LeaderEpochs.decode(bytes, path)
    if (epochs.truncateFromEnd(endOffset)) {
      await this.#replace(path, epochs.encode(), `epochs that start at offset ${endOffset} or later were dropped`)
    }
  }

  async #truncateFile(path: string, size: number, what: string): Promise<void> {
    await this.#act(path, what, async (kept) => {
      await this.#requireSpace(path)
      await copyFile(this.#fileSystem, path, kept)
      const file = await this.#fileSystem.open(path, 'write')
      try {
        await file.truncate(size)
        await file.sync()
      } finally {
        await file.close()
      }
    })
  }

  async #requireSpace(path: string): Promise<void> {
    const size = (await this.#fileSystem.stat(path))?.size ?? 0
    const free = await this.#fileSystem.freeSize?.(parentPath(path))
    if (free === undefined || free >= size) return
    const detail = `the original has ${size} bytes and is to be kept, but only ${free} are free: make room, or move the directory to a larger disk`
    throw new FileSystemError('no-space', 'repair', path, detail)
  }

  /** Both index files of a segment, whose first `size` bytes are sound. */
  async #rebuildIndexes(directory: string, baseOffset: number, size?: number): Promise<void> {
    const built = await buildIndexes(this.#fileSystem, directory, baseOffset, size)
    for (const [kind, bytes] of [
      ['index', built.offsets.bytes],
      ['timeindex', built.times.bytes],
    ] as const) {
      const path = joinPath(directory, logFileName(baseOffset, kind))
      await this.#replace(path, bytes, 'built again from the segment')
    }
  }

  async #replace(path: string, bytes: Buffer, what: string): Promise<void> {
    if ((await readFileIfAny(this.#fileSystem, path, replacedBytesMax))?.equals(bytes) === true) return
    await this.#act(path, what, async (kept) => {
      if ((await this.#fileSystem.stat(path)) !== undefined) await copyFile(this.#fileSystem, path, kept)
      await replaceFile(this.#fileSystem, path, bytes)
    })
  }

  async #setAside(path: string, what: string): Promise<void> {
    if ((await this.#fileSystem.stat(path)) === undefined) return
    await this.#act(path, what, async (kept) => {
      await this.#fileSystem.rename(path, kept)
      await this.#fileSystem.syncDirectory(parentPath(path))
    })
  }

  /** Once for every path; only told in a dry run. */
  async #act(path: string, what: string, change: (kept: string) => Promise<void>): Promise<void> {
    if (this.#done.has(path)) return
    this.#done.add(path)
    if (this.#options.dryRun === true) {
      this.#actions.push({ path, what })
      return
    }
    const isThere = (await this.#fileSystem.stat(path)) !== undefined
    const kept = await keptPath(this.#fileSystem, path)
    await change(kept)
    this.#actions.push({ path, what, ...(isThere ? { keptAs: kept } : {}) })
  }
}

/** Whether the remedy is for a file of a segment that the cut takes away or rebuilds anyway. */
function isBehind(cut: CutRemedy, remedy: Exclude<Remedy, CutRemedy>): boolean {
  if (remedy.kind === 'set-aside') {
    const file = parseLogFileName(baseName(remedy.path))
    return parentPath(remedy.path) === cut.directory && file !== undefined && file.offset > cut.endOffset
  }
  return remedy.directory === cut.directory && remedy.baseOffset >= cut.baseOffset
}

/** Whether a cut or the finding's own remedy takes care of it. */
function isRepaired({ path, remedy, offset }: Finding, cuts: readonly CutRemedy[]): boolean {
  if (remedy !== undefined && remedy.kind !== 'cut') return true
  return cuts.some((cut) => {
    if (remedy !== undefined) return remedy === cut
    if (path === cut.directory) return true
    const file = parseLogFileName(baseName(path))
    if (file === undefined || parentPath(path) !== cut.directory || file.offset < cut.baseOffset) return false
    const isRebuilt = file.kind === 'index' || file.kind === 'timeindex'
    return file.offset > cut.baseOffset || isRebuilt || (offset ?? cut.endOffset) >= cut.endOffset
  })
}
