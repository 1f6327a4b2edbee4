/** Small files that are replaced whole: readers find the old or the new content, also after a crash. */
import { baseName, type FileSystem, isFileSystemError, joinPath, parentPath, writeFully } from './fs/port.ts'

/** Writes `<path>.tmp`, syncs it, renames it over `path` and syncs the directory. */
export async function replaceFile(fileSystem: FileSystem, path: string, bytes: Buffer): Promise<void> {
  const directory = parentPath(path)
  const temporary = joinPath(directory, `${baseName(path)}.tmp`)
  const file = await fileSystem.open(temporary, 'create')
  try {
    await file.truncate(0)
    await writeFully(file, bytes, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await fileSystem.rename(temporary, path)
  await fileSystem.syncDirectory(directory)
}

/** The file's content; undefined when there is no such file. */
export async function readFileIfAny(
  fileSystem: FileSystem,
  path: string,
  sizeMax: number,
): Promise<Buffer | undefined> {
  try {
    return await fileSystem.readFile(path, sizeMax)
  } catch (error) {
    if (isFileSystemError(error, 'not-found')) return undefined
    throw error
  }
}

/** Removes the file; one that is not there is no error. */
export async function removeFileIfAny(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.remove(path)
  } catch (error) {
    if (!isFileSystemError(error, 'not-found')) throw error
  }
}
