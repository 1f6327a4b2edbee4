/** A tree of directories and files in memory: the state behind the memory and faulty file systems, changed synchronously. */
import { type DirectoryEntry, type FileStatus, FileSystemError } from './port.ts'

export interface DiskFile {
  readonly kind: 'file'
  /** Holds the content in its first `size` bytes; grows by doubling. */
  bytes: Buffer
  size: number
  modifiedMs: number
}

export interface DiskDirectory {
  readonly kind: 'directory'
  readonly entries: Map<string, DiskNode>
  modifiedMs: number
}

export type DiskNode = DiskFile | DiskDirectory

/** Sees every change; the faulty disk keeps its record of what is not durable with it. */
export interface DiskObserver {
  /** Bytes `[start, end)` of the file were written, or its size changed there. */
  changed(file: DiskFile, start: number, end: number): void
  /** Names in the directory changed, in one step. */
  linked(directory: DiskDirectory, changes: readonly NameChange[]): void
}

/** The entry `name` now is `node`, or gone. */
export interface NameChange {
  readonly name: string
  readonly node: DiskNode | undefined
}

function newFile(nowMs: number): DiskFile {
  return { kind: 'file', bytes: Buffer.alloc(0), size: 0, modifiedMs: nowMs }
}

export function newDirectory(nowMs: number): DiskDirectory {
  return { kind: 'directory', entries: new Map(), modifiedMs: nowMs }
}

/** Sets the size; what becomes visible is zero. */
export function resizeFile(file: DiskFile, size: number): void {
  if (size > file.bytes.length) {
    const bytes = Buffer.alloc(Math.max(size, file.bytes.length * 2, 256))
    file.bytes.copy(bytes, 0, 0, file.size)
    file.bytes = bytes
  } else if (size > file.size) {
    file.bytes.fill(0, file.size, size)
  }
  file.size = size
}

export class Disk {
  root: DiskDirectory
  readonly #observer: DiskObserver | undefined
  readonly #now: () => number

  constructor(now: () => number, observer?: DiskObserver) {
    this.#now = now
    this.#observer = observer
    this.root = newDirectory(now())
  }

  find(path: string): DiskNode | undefined {
    let node: DiskNode = this.root
    for (const part of parts(path)) {
      if (node.kind !== 'directory') return undefined
      const next: DiskNode | undefined = node.entries.get(part)
      if (next === undefined) return undefined
      node = next
    }
    return node
  }

  file(path: string, operation: string): DiskFile {
    const node = this.find(path)
    if (node === undefined) throw new FileSystemError('not-found', operation, path, 'no such file')
    if (node.kind !== 'file') throw new FileSystemError('not-a-file', operation, path, 'it is a directory')
    return node
  }

  directory(path: string, operation: string): DiskDirectory {
    const node = this.find(path)
    if (node === undefined) throw new FileSystemError('not-found', operation, path, 'no such directory')
    if (node.kind !== 'directory') throw new FileSystemError('not-a-directory', operation, path, 'it is a file')
    return node
  }

  /** The file at `path`, made when missing. */
  create(path: string): DiskFile {
    const node = this.find(path)
    if (node !== undefined) return this.file(path, 'open')
    const [directory, name] = this.#place(path, 'open')
    const file = newFile(this.#now())
    this.#link(directory, [{ name, node: file }])
    return file
  }

  makeDirectory(path: string): void {
    let directory = this.root
    for (const part of parts(path)) {
      let next = directory.entries.get(part)
      if (next === undefined) {
        next = newDirectory(this.#now())
        this.#link(directory, [{ name: part, node: next }])
      }
      if (next.kind !== 'directory') throw new FileSystemError('exists', 'make directory', path, `${part} is a file`)
      directory = next
    }
  }

  list(path: string): DirectoryEntry[] {
    const entries = [...this.directory(path, 'list').entries]
    return entries.map(([name, node]) => ({ name, kind: node.kind })).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  stat(path: string): FileStatus | undefined {
    const node = this.find(path)
    if (node === undefined) return undefined
    return { kind: node.kind, size: node.kind === 'file' ? node.size : 0, modifiedMs: node.modifiedMs }
  }

  rename(from: string, to: string): void {
    const [source, sourceName] = this.#place(from, 'rename')
    const node = source.entries.get(sourceName)
    if (node === undefined) throw new FileSystemError('not-found', 'rename', from, 'no such file or directory')
    const [target, targetName] = this.#place(to, 'rename')
    const replaced = target.entries.get(targetName)
    if (replaced === node) return
    if (replaced?.kind === 'directory' && (node.kind === 'file' || replaced.entries.size > 0)) {
      throw new FileSystemError('exists', 'rename', from, `${to} is a directory`)
    }
    const added = { name: targetName, node }
    const removed = { name: sourceName, node: undefined }
    if (source === target) {
      this.#link(source, [added, removed])
    } else {
      this.#link(target, [added])
      this.#link(source, [removed])
    }
  }

  remove(path: string): void {
    this.file(path, 'remove')
    const [directory, name] = this.#place(path, 'remove')
    this.#link(directory, [{ name, node: undefined }])
  }

  removeDirectory(path: string): void {
    const node = this.find(path)
    if (node === undefined) return
    if (node.kind !== 'directory')
      throw new FileSystemError('not-a-directory', 'remove directory', path, 'it is a file')
    const [directory, name] = this.#place(path, 'remove directory')
    this.#link(directory, [{ name, node: undefined }])
  }

  read(file: DiskFile, target: Buffer, position: number): number {
    if (position >= file.size) return 0
    return file.bytes.copy(target, 0, position, Math.min(file.size, position + target.length))
  }

  write(file: DiskFile, bytes: Buffer, position: number): void {
    const end = position + bytes.length
    const start = Math.min(position, file.size)
    if (end > file.size) resizeFile(file, end)
    bytes.copy(file.bytes, position)
    file.modifiedMs = this.#now()
    this.#observer?.changed(file, start, end)
  }

  truncate(file: DiskFile, size: number): void {
    const before = file.size
    resizeFile(file, size)
    file.modifiedMs = this.#now()
    this.#observer?.changed(file, Math.min(before, size), Math.max(before, size))
  }

  #link(directory: DiskDirectory, changes: readonly NameChange[]): void {
    for (const { name, node } of changes) {
      if (node === undefined) directory.entries.delete(name)
      else directory.entries.set(name, node)
    }
    directory.modifiedMs = this.#now()
    this.#observer?.linked(directory, changes)
  }

  /** The directory that holds `path`, and the name in it. */
  #place(path: string, operation: string): [DiskDirectory, string] {
    const all = parts(path)
    const name = all.pop()
    if (name === undefined) throw new FileSystemError('exists', operation, path, 'it is the root')
    return [this.directory(`/${all.join('/')}`, operation), name]
  }
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
