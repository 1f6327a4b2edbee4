/** A cleaning takes the originals away before its output counts. */
import { type FileSystem, isFileSystemError } from '@millrace/storage'
import { wrapFileSystem } from '@millrace/storage/testing'
import type { Plant } from './plant.ts'

async function retire(inner: FileSystem, path: string): Promise<void> {
  try {
    await inner.rename(path, `${path}.deleted`)
  } catch (error) {
    if (!isFileSystemError(error, 'not-found')) throw error
  }
}

export const originalsRetiredFirst: Plant = {
  name: 'originals-retired-first',
  fault: 'the swap of cleaned segments renames in the wrong order',
  program: 'power',
  says: /is gone|lost: ends at|was durable|starts at|does not open/,
  caseCountMax: 60,
  fileSystem: (inner) =>
    wrapFileSystem(inner, {
      rename: async (from, to) => {
        if (from.endsWith('.log.cleaned')) await retire(inner, from.replace(/\.cleaned$/, ''))
        await inner.rename(from, to)
      },
    }),
}
