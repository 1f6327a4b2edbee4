/** Files of partitions are synced and renamed, the directories that name them are not synced. */

import { wrapFileSystem } from '@millrace/storage/testing'
import { isPartitionDirectory } from './log-paths.ts'
import type { Plant } from './plant.ts'

export const directorySyncOmitted: Plant = {
  name: 'directory-sync-omitted',
  fault: 'the names of new, renamed and removed files of partitions are never synced',
  program: 'power',
  says: /lost: ends at|was durable|is gone/,
  caseCountMax: 20,
  fileSystem: (inner) =>
    wrapFileSystem(inner, {
      syncDirectory: async (path) => {
        if (!isPartitionDirectory(path)) await inner.syncDirectory(path)
      },
    }),
}
