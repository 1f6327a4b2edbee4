/** The machine's file system: the one door to `node:fs`, and to `node:net` for the directory lock. */
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { type Clock, crc32c, systemClock } from '@millrace/base'
import { InPlaceCalls } from './in-place.ts'
import {
  baseName,
  type DirectoryEntry,
  type File,
  type FileStatus,
  type FileSystem,
  FileSystemError,
  type FileSystemErrorCode,
  joinPath,
  type Lock,
  type OpenMode,
  parentPath,
  readFully,
} from './port.ts'

/** Syncs that run at once. Each one blocks a thread of Node's pool (4 by default); a fourth would stall every cached read. */
const syncsMax = 3

/** Longest path of a Unix socket that every supported system takes (macOS: 104 bytes with the final zero). */
const socketPathBytesMax = 103

const codes: Readonly<Record<string, FileSystemErrorCode>> = {
  ENOENT: 'not-found',
  EEXIST: 'exists',
  EISDIR: 'not-a-file',
  ENOTDIR: 'not-a-directory',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EACCES: 'permission',
  EPERM: 'permission',
  EROFS: 'permission',
  EBADF: 'closed',
}

function failure(operation: string, path: string, error: unknown): FileSystemError {
  const code = (error as NodeJS.ErrnoException)?.code ?? ''
  const detail = error instanceof Error ? error.message : String(error)
  return new FileSystemError(codes[code] ?? 'io', operation, path, detail, error)
}

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void

/** Runs one callback-style call and turns its error into a {@link FileSystemError}. */
function call<T>(operation: string, path: string, start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(failure(operation, path, error)) : resolve(value)))
  })
}

/** Longest read that is made in place. */
const inPlaceReadBytesMax = 64 << 10

interface InPlace {
  readonly calls: InPlaceCalls
  readonly clock: Clock
}

/** As {@link call}, or in place with its twin. */
function shortCall<T>(
  inPlace: InPlace,
  operation: string,
  path: string,
  now: () => T,
  start: (done: Callback<T>) => void,
): Promise<T> {
  return inPlace.calls.isWanted ? hurriedCall(inPlace, operation, path, now, start) : call(operation, path, start)
}

async function hurriedCall<T>(
  { calls, clock }: InPlace,
  operation: string,
  path: string,
  now: () => T,
  start: (done: Callback<T>) => void,
): Promise<T> {
  const startMs = clock.monotonic()
  if (!calls.isDue(startMs)) {
    return call(operation, path, start).finally(() => calls.yielded(clock.monotonic()))
  }
  try {
    return now()
  } catch (error) {
    throw failure(operation, path, error)
  } finally {
    calls.made(clock.monotonic() - startMs)
  }
}

/** Gives the error when a parent is missing; throws any other. */
async function makeOneDirectory(path: string): Promise<FileSystemError | undefined> {
  try {
    await call('make directory', path, (done: Callback<void>) => fs.mkdir(path, done as fs.NoParamCallback))
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error
    if (error.code === 'not-found') return error
    if (error.code !== 'exists') throw error
    const status = await call('stat', path, (done: Callback<fs.Stats>) => fs.stat(path, done))
    if (!status.isDirectory()) throw error
  }
  return undefined
}

/** Lets at most {@link syncsMax} syncs run; the others wait in order. */
class SyncGate {
  #running = 0
  readonly #waiting: (() => void)[] = []

  async run(sync: () => Promise<void>): Promise<void> {
    if (this.#running >= syncsMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running++
    try {
      await sync()
    } finally {
      // The place goes straight to the next in line, so that nobody can slip in between.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}

class NodeFile implements File {
  readonly path: string
  readonly descriptor: number
  readonly #gate: SyncGate
  readonly #inPlace: InPlace
  #closing: Promise<void> | undefined

  constructor(path: string, descriptor: number, gate: SyncGate, inPlace: InPlace) {
    this.path = path
    this.descriptor = descriptor
    this.#gate = gate
    this.#inPlace = inPlace
  }

  read(target: Buffer, position: number): Promise<number> {
    const { length } = target
    if (length === 0) return Promise.resolve(0)
    const start = (done: Callback<number>) => fs.read(this.descriptor, target, 0, length, position, done)
    if (length > inPlaceReadBytesMax) return this.#call('read', start)
    return this.#shortCall('read', () => fs.readSync(this.descriptor, target, 0, length, position), start)
  }

  write(buffers: readonly Buffer[], position: number): Promise<number> {
    const first = buffers[0]
    if (first === undefined) return Promise.resolve(0)
    if (buffers.length === 1) {
      return this.#call('write', (done) => fs.write(this.descriptor, first, 0, first.length, position, done))
    }
    return this.#call('write', (done) => fs.writev(this.descriptor, buffers as Buffer[], position, done))
  }

  truncate(size: number): Promise<void> {
    return this.#call('truncate', (done: Callback<void>) =>
      fs.ftruncate(this.descriptor, size, done as fs.NoParamCallback),
    )
  }

  sync(): Promise<void> {
    return this.#gate.run(() =>
      this.#call('sync', (done: Callback<void>) => fs.fdatasync(this.descriptor, done as fs.NoParamCallback)),
    )
  }

  async size(): Promise<number> {
    return (await this.status()).size
  }

  status(): Promise<fs.Stats> {
    const now = () => fs.fstatSync(this.descriptor)
    return this.#shortCall('stat', now, (done: Callback<fs.Stats>) => fs.fstat(this.descriptor, done))
  }

  close(): Promise<void> {
    this.#closing ??= shortCall(
      this.#inPlace,
      'close',
      this.path,
      () => fs.closeSync(this.descriptor),
      (done: Callback<void>) => fs.close(this.descriptor, done as fs.NoParamCallback),
    )
    return this.#closing
  }

  /** A closed descriptor's number may belong to another file by now: nothing may reach the system with it. */
  #call<T>(operation: string, start: (done: Callback<T>) => void): Promise<T> {
    return this.#closing === undefined ? call(operation, this.path, start) : this.#refuse(operation)
  }

  #shortCall<T>(operation: string, now: () => T, start: (done: Callback<T>) => void): Promise<T> {
    return this.#closing === undefined
      ? shortCall(this.#inPlace, operation, this.path, now, start)
      : this.#refuse(operation)
  }

  #refuse(operation: string): Promise<never> {
    return Promise.reject(new FileSystemError('closed', operation, this.path, 'the file is closed'))
  }
}

const flags: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
}

/** The machine's disks. Paths are the system's. Syncs are capped at three at a time per instance. */
export class NodeFileSystem implements FileSystem {
  readonly #gate = new SyncGate()
  readonly #inPlace: InPlace

  constructor(clock: Clock = systemClock) {
    this.#inPlace = { calls: new InPlaceCalls(), clock }
  }

  async inPlace<T>(action: () => Promise<T>): Promise<T> {
    this.#inPlace.calls.begin()
    try {
      return await action()
    } finally {
      this.#inPlace.calls.end()
    }
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    const file = await this.#open(path, mode)
    if (mode === 'read') await requireFile(file)
    return file
  }

  async list(path: string): Promise<DirectoryEntry[]> {
    const options = { withFileTypes: true } as const
    const found = await shortCall(
      this.#inPlace,
      'list',
      path,
      () => fs.readdirSync(path, options),
      (done: Callback<fs.Dirent[]>) => fs.readdir(path, options, done),
    )
    const entries: DirectoryEntry[] = []
    for (const entry of found) {
      if (entry.isFile()) entries.push({ name: entry.name, kind: 'file' })
      else if (entry.isDirectory()) entries.push({ name: entry.name, kind: 'directory' })
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async stat(path: string): Promise<FileStatus | undefined> {
    try {
      const now = () => fs.statSync(path)
      const status = await shortCall(this.#inPlace, 'stat', path, now, (done: Callback<fs.Stats>) =>
        fs.stat(path, done),
      )
      const isFile = status.isFile()
      return { kind: isFile ? 'file' : 'directory', size: isFile ? status.size : 0, modifiedMs: status.mtimeMs }
    } catch (error) {
      if (error instanceof FileSystemError && (error.code === 'not-found' || error.code === 'not-a-directory')) {
        return undefined
      }
      throw error
    }
  }

  async readFile(path: string, sizeMax: number): Promise<Buffer> {
    const file = await this.#open(path, 'read')
    const { size } = await requireFile(file)
    try {
      if (size > sizeMax) {
        throw new FileSystemError('too-large', 'read', path, `${size} bytes, more than the ${sizeMax} allowed`)
      }
      const bytes = Buffer.allocUnsafe(size)
      return bytes.subarray(0, await readFully(file, bytes, 0))
    } finally {
      await file.close()
    }
  }

  /** One directory after the other: Node's own recursion never ends where the parent exists and still nothing can be made (/proc). */
  async makeDirectory(path: string): Promise<void> {
    const missing = await makeOneDirectory(path)
    if (missing === undefined) return
    if (parentPath(path) === path) throw missing
    await this.makeDirectory(parentPath(path))
    const failed = await makeOneDirectory(path)
    if (failed !== undefined) throw failed
  }

  rename(from: string, to: string): Promise<void> {
    return call('rename', from, (done: Callback<void>) => fs.rename(from, to, done as fs.NoParamCallback))
  }

  remove(path: string): Promise<void> {
    return call('remove', path, (done: Callback<void>) => fs.unlink(path, done as fs.NoParamCallback))
  }

  removeDirectory(path: string): Promise<void> {
    return call('remove directory', path, (done: Callback<void>) =>
      fs.rm(path, { recursive: true, force: true }, done as fs.NoParamCallback),
    )
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows has no such call: there, renames and creations are journalled by the file system itself.
    if (process.platform === 'win32') return
    const descriptor = await call('sync directory', path, (done: Callback<number>) =>
      fs.open(path, fs.constants.O_RDONLY, 0, done),
    )
    try {
      await this.#gate.run(() =>
        call('sync directory', path, (done: Callback<void>) => fs.fsync(descriptor, done as fs.NoParamCallback)),
      )
    } finally {
      await call('close', path, (done: Callback<void>) => fs.close(descriptor, done as fs.NoParamCallback))
    }
  }

  async lock(path: string): Promise<Lock> {
    // Kafka's lock file: empty, and it stays. Node has no fcntl lock, so the lock itself is a listening socket beside it,
    // which the system takes down with the process, however the process ends.
    await (await this.open(path, 'create')).close()
    return lockSocket(path)
  }

  async freeSize(path: string): Promise<number> {
    const status = await call('free size', path, (done: Callback<fs.StatsFs>) => fs.statfs(path, done))
    return status.bavail * status.bsize
  }

  async totalSize(path: string): Promise<number> {
    const status = await call('total size', path, (done: Callback<fs.StatsFs>) => fs.statfs(path, done))
    return status.blocks * status.bsize
  }

  async #open(path: string, mode: OpenMode): Promise<NodeFile> {
    const descriptor = await shortCall(
      this.#inPlace,
      'open',
      path,
      () => fs.openSync(path, flags[mode], 0o644),
      (done: Callback<number>) => fs.open(path, flags[mode], 0o644, done),
    )
    return new NodeFile(path, descriptor, this.#gate, this.#inPlace)
  }
}

/** Opening a directory for reading succeeds on Unix; the error would come with the first read. Closes what is no file. */
async function requireFile(file: NodeFile): Promise<fs.Stats> {
  const status = await file.status()
  if (status.isFile()) return status
  await file.close()
  throw new FileSystemError('not-a-file', 'open', file.path, 'it is not a regular file')
}

interface SocketPlace {
  /** What is listened on and connected to. */
  readonly address: string
  /** The file to remove when nobody listens any more; undefined for a Windows pipe. */
  readonly file: string | undefined
  close(): void
}

/** Where the socket of a lock lives: beside the file; by a short name for the same place; or under a hash in the temporary folder. */
function placeSocket(path: string): SocketPlace {
  const file = `${path}.socket`
  const none = () => {}
  if (process.platform === 'win32') {
    return { address: `\\\\.\\pipe\\millrace-${hashOf(path)}`, file: undefined, close: none }
  }
  if (Buffer.byteLength(file) <= socketPathBytesMax) return { address: file, file, close: none }
  if (process.platform === 'linux') {
    const directory = fs.openSync(parentPath(path), fs.constants.O_RDONLY)
    return {
      address: `/proc/self/fd/${directory}/${baseName(file)}`,
      file,
      close: () => fs.closeSync(directory),
    }
  }
  const hashed = joinPath(os.tmpdir(), `millrace-${hashOf(fs.realpathSync(path))}.socket`)
  return { address: hashed, file: hashed, close: none }
}

function hashOf(path: string): string {
  const bytes = Buffer.from(path)
  const reversed = Buffer.from(bytes).reverse()
  return crc32c(bytes).toString(16).padStart(8, '0') + crc32c(reversed).toString(16).padStart(8, '0')
}

async function lockSocket(path: string): Promise<Lock> {
  const place = placeSocket(path)
  try {
    for (let attempt = 0; attempt < 8; attempt++) {
      const server = await listen(path, place.address)
      if (server !== undefined) return { release: () => unlock(server, place) }
      const leftover = identityOf(place.file)
      if (await isAnswered(place.address)) break
      if (place.file !== undefined && leftover !== undefined) removeLeftover(place.file, leftover)
    }
  } catch (error) {
    place.close()
    throw error
  }
  place.close()
  throw new FileSystemError(
    'locked',
    'lock',
    path,
    'another process holds it: stop that process, or use another directory',
  )
}

/** A listening server that keeps no process alive; undefined when the address is taken. */
function listen(path: string, address: string): Promise<net.Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(failure('lock', path, error))
    })
    server.listen(address, () => {
      server.unref()
      resolve(server)
    })
  })
}

/** Whether a live process listens there. A connection that is refused was left behind by a dead one. */
function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(address)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}

/** Tells one socket from another at the same path. The inode's number alone may be reused at once, its birth time not. */
function identityOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  const status = fs.lstatSync(file, { throwIfNoEntry: false })
  return status === undefined ? undefined : `${status.ino} ${status.birthtimeMs}`
}

/**
 * Removes the socket of a dead process. Two starters may both have found it dead: A removes it and listens, then B would remove
 * A's. So it is moved aside first, and moved back when it turns out to be another socket than the one that did not answer.
 */
function removeLeftover(file: string, identity: string): void {
  const aside = `${file}.${process.pid}`
  try {
    fs.renameSync(file, aside)
  } catch {
    return // somebody else removed it
  }
  if (identityOf(aside) === identity) fs.unlinkSync(aside)
  else fs.renameSync(aside, file)
}

function unlock(server: net.Server, place: SocketPlace): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      place.close()
      resolve()
    })
  })
}
