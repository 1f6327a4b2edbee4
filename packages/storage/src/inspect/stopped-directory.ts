/** Makes sure that no broker uses a directory while it is looked at: its lock is taken for as long. */
import { StorageError } from '../errors.ts'
import { type FileSystem, FileSystemError, isFileSystemError, joinPath, type Lock, parentPath } from '../fs/port.ts'
import type { Findings } from './findings.ts'

const lockName = '.lock'

/**
 * Runs `use` while the lock of the log directories that hold `paths` is held. Throws `wrong-state` when a broker holds one.
 * A directory without a `.lock` file was never opened where it is: nobody can hold it, and none is made.
 */
export async function whileStopped<T>(
  fileSystem: FileSystem,
  paths: readonly string[],
  findings: Findings,
  use: () => Promise<T>,
): Promise<T> {
  const locks: Lock[] = []
  try {
    for (const directory of await lockedDirectories(fileSystem, paths)) {
      const lock = await lockDirectory(fileSystem, directory, findings)
      if (lock !== undefined) locks.push(lock)
    }
    return await use()
  } finally {
    for (const lock of locks) await lock.release()
  }
}

/** The nearest directory with a lock file, at most two above a file. */
async function lockedDirectories(fileSystem: FileSystem, paths: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (const path of paths) {
    let directory = path
    for (let level = 0; level < 3; level++) {
      if ((await fileSystem.stat(joinPath(directory, lockName)))?.kind === 'file') {
        found.add(directory)
        break
      }
      directory = parentPath(directory)
    }
  }
  return found
}

async function lockDirectory(fileSystem: FileSystem, directory: string, findings: Findings): Promise<Lock | undefined> {
  const path = joinPath(directory, lockName)
  try {
    return await fileSystem.lock(path)
  } catch (error) {
    if (isFileSystemError(error, 'locked')) {
      const message = `${directory} is in use by a running broker: stop it first. (millrace log dump also reads files of a running one.)`
      throw new StorageError('wrong-state', message, { path: directory, cause: error })
    }
    if (!(error instanceof FileSystemError) || error.code !== 'permission') throw error
    findings.note(
      path,
      'the lock could not be taken: this user may not write here',
      'make sure that no broker is running',
    )
    return undefined
  }
}
