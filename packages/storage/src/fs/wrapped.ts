/** A file system that passes everything on, with some operations replaced: for planted bugs. */
import type { File, FileSystem, OpenMode } from './port.ts'

export type FileOverrides = Partial<Pick<File, 'read' | 'write' | 'sync' | 'truncate'>>
export type FileSystemOverrides = Partial<Pick<FileSystem, 'syncDirectory' | 'rename' | 'remove' | 'readFile'>> & {
  /** What is different about a file that was opened. */
  readonly file?: (inner: File) => FileOverrides
}

export function wrapFileSystem(inner: FileSystem, { file, ...overrides }: FileSystemOverrides): FileSystem {
  return {
    open: async (path: string, mode: OpenMode) => {
      const opened = await inner.open(path, mode)
      return file === undefined ? opened : wrapFile(opened, file(opened))
    },
    list: (path) => inner.list(path),
    stat: (path) => inner.stat(path),
    readFile: (path, sizeMax) => inner.readFile(path, sizeMax),
    makeDirectory: (path) => inner.makeDirectory(path),
    rename: (from, to) => inner.rename(from, to),
    remove: (path) => inner.remove(path),
    removeDirectory: (path) => inner.removeDirectory(path),
    syncDirectory: (path) => inner.syncDirectory(path),
    lock: (path) => inner.lock(path),
    ...overrides,
  }
}

function wrapFile(inner: File, overrides: FileOverrides): File {
  return {
    path: inner.path,
    read: (target, position) => inner.read(target, position),
    write: (buffers, position) => inner.write(buffers, position),
    truncate: (size) => inner.truncate(size),
    sync: () => inner.sync(),
    size: () => inner.size(),
    close: () => inner.close(),
    ...overrides,
  }
}
