/**
 * Originals that a repair keeps: `<name>.before-repair-<n>`, beside the file that took their place.
 *
 * Beside it, because a folder inside of a log directory stops Apache Kafka's start (it takes every folder there for a log and
 * refuses names that are none), one beside the log directory may be on another disk, where a rename is a copy and may not be
 * writable, and the topic's deletion should take the originals with it. With this ending, because both take a file of a log by
 * the end of its name (`.log`, `.index`, `.snapshot`, `.deleted`, ...) or by its whole name, and pass over every other.
 */
import { StorageError } from '../errors.ts'
import {
  baseName,
  type DirectoryEntry,
  type FileSystem,
  joinPath,
  parentPath,
  readFully,
  writeFully,
} from '../fs/port.ts'
import { scanChunkBytes } from '../scan.ts'
import type { Findings } from './findings.ts'

const keptSuffix = /\.before-repair-\d+$/

/** Repairs of one file whose originals are all still there. */
const keptMax = 1000

export function isKeptOriginal(name: string): boolean {
  return keptSuffix.test(name)
}

/** The name of the file that was kept; any other name as it is. */
export function withoutKeptSuffix(name: string): string {
  return name.replace(keptSuffix, '')
}

/** One note for all originals in a directory. */
export function reportKeptOriginals(directory: string, entries: readonly DirectoryEntry[], findings: Findings): void {
  const count = entries.filter(({ name }) => isKeptOriginal(name)).length
  if (count === 0) return
  const what = `${count} original${count === 1 ? '' : 's'} that repairs kept, ending in .before-repair-<n>`
  findings.note(directory, what, 'remove them when you no longer need them')
}

/** A path beside `path` that nothing has. */
export async function keptPath(fileSystem: FileSystem, path: string): Promise<string> {
  const names = new Set((await fileSystem.list(parentPath(path))).map(({ name }) => name))
  for (let count = 1; count <= keptMax; count++) {
    const name = `${baseName(path)}.before-repair-${count}`
    if (!names.has(name)) return joinPath(parentPath(path), name)
  }
  throw new StorageError('wrong-state', `${path} has ${keptMax} originals that repairs kept: move them away`, { path })
}

/** Copies `path` to `target`, piece by piece, and makes it durable. */
export async function copyFile(fileSystem: FileSystem, path: string, target: string): Promise<void> {
  const source = await fileSystem.open(path, 'read')
  try {
    const copy = await fileSystem.open(target, 'create')
    try {
      const chunk = Buffer.allocUnsafe(scanChunkBytes)
      for (let position = 0; ; ) {
        const held = await readFully(source, chunk, position)
        if (held === 0) break
        await writeFully(copy, chunk.subarray(0, held), position)
        position += held
      }
      await copy.sync()
    } finally {
      await copy.close()
    }
  } finally {
    await source.close()
  }
  await fileSystem.syncDirectory(parentPath(target))
}
