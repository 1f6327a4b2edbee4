/** Files of partitions are synced, the directories that name them are not. */

import { wrapFileSystem } from '@millrace/storage/testing'
import { acknowledged } from '../checkers/acknowledged.ts'
import { oneValuePerOffset } from '../checkers/one-value-per-offset.ts'
import { isPartitionDirectory } from './log-paths.ts'
import type { Plant } from './plant.ts'

export const directorySyncOmitted: Plant = {
  name: 'directory-sync-omitted',
  fault: 'the names of new, renamed and removed files of partitions are never synced',
  foundBy: [acknowledged.name, oneValuePerOffset.name],
  seedCountMax: 20,
  create: () => ({
    fileSystem: (inner) =>
      wrapFileSystem(inner, {
        syncDirectory: async (path) => {
          if (!isPartitionDirectory(path)) await inner.syncDirectory(path)
        },
      }),
  }),
}
