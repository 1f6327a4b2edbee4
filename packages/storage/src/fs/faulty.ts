/**
 * A disk that fails as real ones do: a power cut loses, reorders and tears what was not synced, and any call can be made to
 * fail. Only syncs make data durable; only a directory's sync makes the names in it durable.
 */
import { type Random, randomBelow } from '@millrace/base'
import { type DiskDirectory, type DiskFile, type DiskNode, type NameChange, newDirectory } from './disk.ts'
import {
  MemoryFileSystem,
  type MemoryHooks,
  type MemoryScheduler,
  type Operation,
  type OperationName,
} from './memory.ts'
import { FileSystemError, type FileSystemErrorCode } from './port.ts'

/** The unit that a disk writes whole or not at all. */
export const sectorBytes = 512

/** What a rule does to a call: an error, or (for a write) only the first `bytes` taken. */
export type Fault = { readonly error: FileSystemErrorCode } | { readonly shortBytes: number }

/** Asked before every call; undefined lets it through. */
export type FaultRule = (operation: Operation) => Fault | undefined

/** A rule that fails about one in `oneIn` of the named calls, drawn from `random`. */
export function seededFaults(random: Random, oneIn: number, names: readonly OperationName[]): FaultRule {
  const faults: Fault[] = [{ error: 'io' }, { error: 'no-space' }]
  return (operation) => {
    if (!names.includes(operation.name) || randomBelow(random, oneIn) !== 0) return undefined
    if (operation.name === 'write' && operation.size > 0 && randomBelow(random, 2) === 0) {
      return { shortBytes: randomBelow(random, operation.size) }
    }
    return faults[randomBelow(random, faults.length)]
  }
}

interface DurableFile {
  bytes: Buffer
  size: number
  /** Sectors written since the last sync. */
  readonly dirty: Set<number>
}

interface DurableDirectory {
  readonly entries: Map<string, DiskNode>
  /** Changes since the last sync of the directory, oldest first. */
  pending: (readonly NameChange[])[]
}

export class FaultyFileSystem extends MemoryFileSystem {
  readonly #record: DurabilityRecord
  readonly #scheduler: MemoryScheduler

  /** An empty disk, all of it durable. `survivors` is what a power cut left: see {@link powerCut}. */
  constructor(scheduler: MemoryScheduler, survivors?: DiskDirectory) {
    const record = new DurabilityRecord()
    super(scheduler, undefined, record)
    this.#scheduler = scheduler
    this.#record = record
    if (survivors !== undefined) this.disk.root = survivors
    record.adopt(this.disk.root)
  }

  /** Sets the rule that injects faults; undefined ends them. */
  injectFaults(rule: FaultRule | undefined): void {
    this.#record.rule = rule
  }

  /** A disk of its own with what this one holds now, all of it durable. */
  copy(scheduler: MemoryScheduler = this.#scheduler): FaultyFileSystem {
    return new FaultyFileSystem(scheduler, copyOf(this.disk.root) as DiskDirectory)
  }

  /**
   * The power fails. The process is gone with its operations, files and locks; of what was not synced an arbitrary part survives,
   * drawn from `random`: any sectors of a file's unsynced writes, any size between the durable and the current one, and the first
   * few unsynced name changes of each directory. The disk that the next process finds.
   */
  powerCut(random: Random): FaultyFileSystem {
    this.kill()
    return new FaultyFileSystem(this.#scheduler, this.#record.survivors(this.disk.root, random))
  }
}

function copyOf(node: DiskNode): DiskNode {
  if (node.kind === 'file') return { ...node, bytes: Buffer.from(node.bytes.subarray(0, node.size)) }
  return { ...node, entries: new Map([...node.entries].map(([name, child]) => [name, copyOf(child)])) }
}

/** What is durable of every file and directory, kept beside the current state. */
class DurabilityRecord implements MemoryHooks {
  rule: FaultRule | undefined
  readonly #files = new Map<DiskFile, DurableFile>()
  readonly #directories = new Map<DiskDirectory, DurableDirectory>()
  #root: DiskDirectory | undefined

  before(operation: Operation): number | undefined {
    const fault = this.rule?.(operation)
    if (fault === undefined) return undefined
    if ('shortBytes' in fault) return Math.min(fault.shortBytes, operation.size)
    throw new FileSystemError(fault.error, operation.name, operation.path, 'injected fault')
  }

  changed(file: DiskFile, start: number, end: number): void {
    const { dirty } = this.#durableFile(file)
    for (let sector = Math.floor(start / sectorBytes); sector * sectorBytes < end; sector++) dirty.add(sector)
  }

  linked(directory: DiskDirectory, changes: readonly NameChange[]): void {
    this.#durableDirectory(directory).pending.push(changes)
  }

  synced(file: DiskFile): void {
    const durable = this.#durableFile(file)
    resizeDurable(durable, file.size)
    for (const sector of durable.dirty) copySector(file, durable, sector)
    durable.dirty.clear()
  }

  syncFailed(file: DiskFile): void {
    this.#durableFile(file).dirty.clear()
  }

  directorySynced(path: string): void {
    const directory = this.#find(path)
    if (directory === undefined) return
    const durable = this.#durableDirectory(directory)
    for (const changes of durable.pending) apply(durable.entries, changes)
    durable.pending = []
  }

  /** A copy of the tree as the power cut leaves it. */
  survivors(root: DiskDirectory, random: Random): DiskDirectory {
    return this.#surviving(root, random, new Map()) as DiskDirectory
  }

  /** Takes a tree as it is for durable. */
  adopt(root: DiskDirectory): void {
    this.#root = root
    this.#adopt(root)
  }

  #surviving(node: DiskNode, random: Random, copies: Map<DiskNode, DiskNode>): DiskNode {
    const known = copies.get(node)
    if (known !== undefined) return known
    if (node.kind === 'file') {
      const copy = this.#survivingFile(node, random)
      copies.set(node, copy)
      return copy
    }
    const copy = newDirectory(node.modifiedMs)
    copies.set(node, copy)
    const durable = this.#durableDirectory(node)
    const entries = new Map(durable.entries)
    const kept = randomBelow(random, durable.pending.length + 1)
    for (const changes of durable.pending.slice(0, kept)) apply(entries, changes)
    for (const [name, child] of entries) copy.entries.set(name, this.#surviving(child, random, copies))
    return copy
  }

  #survivingFile(file: DiskFile, random: Random): DiskFile {
    const durable = this.#durableFile(file)
    const low = Math.min(durable.size, file.size)
    const high = Math.max(durable.size, file.size)
    const size = [durable.size, file.size, low + randomBelow(random, high - low + 1)][randomBelow(random, 3)] as number
    const survivor: DurableFile = { bytes: Buffer.from(durable.bytes), size: durable.size, dirty: new Set() }
    // Some cuts keep everything, some nothing, most a random choice of sectors.
    const keepOneIn = 1 + randomBelow(random, 4)
    const keepsAll = randomBelow(random, 4) === 0
    resizeDurable(survivor, Math.max(file.size, durable.size))
    for (const sector of durable.dirty) {
      if (keepsAll || randomBelow(random, keepOneIn + 1) === 0) copySector(file, survivor, sector)
    }
    // Nothing of what is behind the end comes back when the file grows again.
    const bytes = survivor.bytes.subarray(0, size)
    return { kind: 'file', bytes, size, modifiedMs: file.modifiedMs }
  }

  #adopt(node: DiskNode): void {
    if (node.kind === 'file') {
      this.#files.set(node, { bytes: Buffer.from(node.bytes), size: node.size, dirty: new Set() })
      return
    }
    this.#directories.set(node, { entries: new Map(node.entries), pending: [] })
    for (const child of node.entries.values()) this.#adopt(child)
  }

  #durableFile(file: DiskFile): DurableFile {
    let durable = this.#files.get(file)
    if (durable === undefined) {
      durable = { bytes: Buffer.alloc(0), size: 0, dirty: new Set() }
      this.#files.set(file, durable)
    }
    return durable
  }

  #durableDirectory(directory: DiskDirectory): DurableDirectory {
    let durable = this.#directories.get(directory)
    if (durable === undefined) {
      durable = { entries: new Map(), pending: [] }
      this.#directories.set(directory, durable)
    }
    return durable
  }

  #find(path: string): DiskDirectory | undefined {
    let node: DiskNode | undefined = this.#root
    for (const part of path.split('/').filter((name) => name !== '' && name !== '.')) {
      node = node?.kind === 'directory' ? node.entries.get(part) : undefined
    }
    return node?.kind === 'directory' ? node : undefined
  }
}

function apply(entries: Map<string, DiskNode>, changes: readonly NameChange[]): void {
  for (const { name, node } of changes) {
    if (node === undefined) entries.delete(name)
    else entries.set(name, node)
  }
}

function resizeDurable(durable: DurableFile, size: number): void {
  if (size > durable.bytes.length) {
    const bytes = Buffer.alloc(Math.max(size, durable.bytes.length * 2))
    durable.bytes.copy(bytes, 0, 0, durable.size)
    durable.bytes = bytes
  } else if (size < durable.size) {
    durable.bytes.fill(0, size, durable.size)
  }
  durable.size = size
}

function copySector(file: DiskFile, durable: DurableFile, sector: number): void {
  const start = sector * sectorBytes
  const end = Math.min(start + sectorBytes, file.size, durable.size)
  if (start < end) file.bytes.copy(durable.bytes, start, start, end)
}
