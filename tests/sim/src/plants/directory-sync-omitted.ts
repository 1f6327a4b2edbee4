/** Files are synced, the directories that name them are not. */
import type { Plant } from './plant.ts'
import { wrapFileSystem } from './wrapped-file-system.ts'

export const directorySyncOmitted: Plant = {
  name: 'directory-sync-omitted',
  fault: 'the names of new, renamed and removed files are never synced',
  seedCountMax: 10,
  create: () => ({
    fileSystem: (inner) => wrapFileSystem(inner, { syncDirectory: async () => {} }),
  }),
}
