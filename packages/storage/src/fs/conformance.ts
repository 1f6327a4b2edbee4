/** What every {@link FileSystem} must do. Each case is run on an empty directory of its own, by any test runner. */
import { assert } from '@millrace/base'
import { type FileSystem, FileSystemError, type FileSystemErrorCode, joinPath, readFully, writeFully } from './port.ts'

export interface ConformanceCase {
  readonly name: string
  /** Rejects with an AssertionError that says what is wrong. `root` exists and is empty. */
  run(fileSystem: FileSystem, root: string): Promise<void>
}

async function expectFailure(code: FileSystemErrorCode, action: () => Promise<unknown>): Promise<void> {
  const error = await action().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert(error instanceof FileSystemError, `expected a FileSystemError with code ${code}, got ${String(error)}`)
  assert(error.code === code, `expected code ${code}, got ${error.code}: ${error.message}`)
}

function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  assert(a === b, `${what}: expected ${b}, got ${a}`)
}

async function store(fileSystem: FileSystem, path: string, content: string): Promise<void> {
  const file = await fileSystem.open(path, 'create')
  await file.truncate(0)
  await writeFully(file, Buffer.from(content), 0)
  await file.sync()
  await file.close()
}

async function text(fileSystem: FileSystem, path: string): Promise<string> {
  return (await fileSystem.readFile(path, 1 << 20)).toString()
}

export const fileSystemConformance: readonly ConformanceCase[] = [
  {
    name: 'writes gathered buffers at a position and reads them back',
    async run(fileSystem, root) {
      const file = await fileSystem.open(joinPath(root, 'a'), 'create')
      expectEqual(await file.write([Buffer.from('abc'), Buffer.from(''), Buffer.from('def')], 0), 6, 'bytes written')
      expectEqual(await file.write([Buffer.from('XY')], 2), 2, 'bytes written')
      expectEqual(await file.size(), 6, 'size')
      const target = Buffer.alloc(10, '.')
      expectEqual(await readFully(file, target, 1), 5, 'bytes read')
      expectEqual(target.toString(), 'bXYef.....', 'content')
      expectEqual(await file.read(target, 6), 0, 'bytes read at the end')
      expectEqual(await file.read(target, 600), 0, 'bytes read beyond the end')
      expectEqual(await file.read(Buffer.alloc(0), 0), 0, 'bytes read into nothing')
      expectEqual(await file.write([], 0), 0, 'bytes written from nothing')
      await file.close()
    },
  },
  {
    name: 'fills a gap before a write with zeros',
    async run(fileSystem, root) {
      const file = await fileSystem.open(joinPath(root, 'a'), 'create')
      await file.write([Buffer.from('z')], 3)
      const target = Buffer.alloc(4, 1)
      await readFully(file, target, 0)
      expectEqual(target.toString('hex'), '0000007a', 'content')
      await file.close()
    },
  },
  {
    name: 'cuts and extends a file, and what was cut off does not come back',
    async run(fileSystem, root) {
      const file = await fileSystem.open(joinPath(root, 'a'), 'create')
      await file.write([Buffer.from('abcdef')], 0)
      await file.truncate(2)
      expectEqual(await file.size(), 2, 'size')
      await file.truncate(5)
      const target = Buffer.alloc(8, 1)
      expectEqual(await readFully(file, target, 0), 5, 'bytes read')
      expectEqual(target.toString('hex', 0, 5), '6162000000', 'content')
      await file.close()
    },
  },
  {
    name: 'creates only in create mode and keeps what a file holds',
    async run(fileSystem, root) {
      const path = joinPath(root, 'a')
      await expectFailure('not-found', () => fileSystem.open(path, 'read'))
      await expectFailure('not-found', () => fileSystem.open(path, 'write'))
      await expectFailure('not-found', () => fileSystem.open(joinPath(root, 'missing/a'), 'create'))
      await store(fileSystem, path, 'kept')
      await (await fileSystem.open(path, 'create')).close()
      expectEqual(await text(fileSystem, path), 'kept', 'content')
      await fileSystem.makeDirectory(joinPath(root, 'd'))
      await expectFailure('not-a-file', () => fileSystem.open(joinPath(root, 'd'), 'read'))
    },
  },
  {
    name: 'refuses operations on a closed file, and closes twice',
    async run(fileSystem, root) {
      const file = await fileSystem.open(joinPath(root, 'a'), 'create')
      await file.close()
      await file.close()
      await expectFailure('closed', () => file.read(Buffer.alloc(1), 0))
      await expectFailure('closed', () => file.write([Buffer.from('a')], 0))
      await expectFailure('closed', () => file.sync())
      await expectFailure('closed', () => file.truncate(0))
      await expectFailure('closed', () => file.size())
    },
  },
  {
    name: 'lists files and directories sorted by name',
    async run(fileSystem, root) {
      await store(fileSystem, joinPath(root, 'b'), '')
      await fileSystem.makeDirectory(joinPath(root, 'a/x'))
      await store(fileSystem, joinPath(root, 'C'), '')
      expectEqual(
        await fileSystem.list(root),
        [
          { name: 'C', kind: 'file' },
          { name: 'a', kind: 'directory' },
          { name: 'b', kind: 'file' },
        ],
        'entries',
      )
      await expectFailure('not-found', () => fileSystem.list(joinPath(root, 'none')))
      await expectFailure('not-a-directory', () => fileSystem.list(joinPath(root, 'b')))
    },
  },
  {
    name: 'tells kind and size, and undefined for nothing',
    async run(fileSystem, root) {
      await store(fileSystem, joinPath(root, 'a'), '12345')
      const file = await fileSystem.stat(joinPath(root, 'a'))
      expectEqual([file?.kind, file?.size], ['file', 5], 'status of the file')
      assert((file?.modifiedMs ?? 0) > 0, 'a file has a time of change')
      const directory = await fileSystem.stat(root)
      expectEqual([directory?.kind, directory?.size], ['directory', 0], 'status of the directory')
      expectEqual((await fileSystem.stat(joinPath(root, 'none'))) === undefined, true, 'nothing')
      expectEqual((await fileSystem.stat(joinPath(root, 'a/b'))) === undefined, true, 'below a file')
    },
  },
  {
    name: 'reads a whole file only when it is small enough',
    async run(fileSystem, root) {
      await store(fileSystem, joinPath(root, 'a'), '12345')
      expectEqual((await fileSystem.readFile(joinPath(root, 'a'), 5)).toString(), '12345', 'content')
      await expectFailure('too-large', () => fileSystem.readFile(joinPath(root, 'a'), 4))
      await expectFailure('not-found', () => fileSystem.readFile(joinPath(root, 'none'), 4))
    },
  },
  {
    name: 'renames a file over another, and open files follow their content',
    async run(fileSystem, root) {
      const [from, to] = [joinPath(root, 'from'), joinPath(root, 'to')]
      await store(fileSystem, from, 'new')
      await store(fileSystem, to, 'old')
      const old = await fileSystem.open(to, 'read')
      const moved = await fileSystem.open(from, 'write')
      await fileSystem.rename(from, to)
      await fileSystem.syncDirectory(root)
      expectEqual(await text(fileSystem, to), 'new', 'content')
      expectEqual((await fileSystem.stat(from)) === undefined, true, 'the old name')
      const target = Buffer.alloc(3)
      await readFully(old, target, 0)
      expectEqual(target.toString(), 'old', 'content of the replaced file')
      await moved.write([Buffer.from('NEW')], 0)
      expectEqual(await text(fileSystem, to), 'NEW', 'content after a write through the moved file')
      await old.close()
      await moved.close()
      await expectFailure('not-found', () => fileSystem.rename(from, to))
    },
  },
  {
    name: 'renames a directory with all in it',
    async run(fileSystem, root) {
      await fileSystem.makeDirectory(joinPath(root, 'd'))
      await store(fileSystem, joinPath(root, 'd/f'), 'x')
      await fileSystem.rename(joinPath(root, 'd'), joinPath(root, 'e'))
      expectEqual(await text(fileSystem, joinPath(root, 'e/f')), 'x', 'content')
    },
  },
  {
    name: 'removes files, which stay readable where they are open',
    async run(fileSystem, root) {
      const path = joinPath(root, 'a')
      await store(fileSystem, path, 'gone')
      const file = await fileSystem.open(path, 'read')
      await fileSystem.remove(path)
      const target = Buffer.alloc(4)
      await readFully(file, target, 0)
      expectEqual(target.toString(), 'gone', 'content')
      await file.close()
      await expectFailure('not-found', () => fileSystem.remove(path))
    },
  },
  {
    name: 'makes and removes directories with all in them',
    async run(fileSystem, root) {
      const directory = joinPath(root, 'a/b/c')
      await fileSystem.makeDirectory(directory)
      await fileSystem.makeDirectory(directory)
      await store(fileSystem, joinPath(directory, 'f'), 'x')
      await fileSystem.removeDirectory(joinPath(root, 'a'))
      await fileSystem.removeDirectory(joinPath(root, 'a'))
      expectEqual(await fileSystem.list(root), [], 'entries')
    },
  },
  {
    name: 'gives a lock to one holder at a time',
    async run(fileSystem, root) {
      const path = joinPath(root, '.lock')
      const lock = await fileSystem.lock(path)
      await expectFailure('locked', () => fileSystem.lock(path))
      expectEqual((await fileSystem.stat(path))?.size, 0, 'size of the lock file')
      await lock.release()
      await (await fileSystem.lock(path)).release()
      expectEqual((await fileSystem.stat(path))?.kind, 'file', 'the lock file after the release')
    },
  },
  {
    name: 'runs many writes and syncs at once',
    async run(fileSystem, root) {
      const files = await Promise.all(
        Array.from({ length: 12 }, (_, index) => fileSystem.open(joinPath(root, `f${index}`), 'create')),
      )
      await Promise.all(
        files.map(async (file, index) => {
          await writeFully(file, Buffer.from(`content ${index}`), 0)
          await file.sync()
          await file.close()
        }),
      )
      for (let index = 0; index < files.length; index++) {
        expectEqual(await text(fileSystem, joinPath(root, `f${index}`)), `content ${index}`, 'content')
      }
    },
  },
]
