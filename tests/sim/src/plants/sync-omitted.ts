/** The disk is never asked to keep anything. */
import type { Plant } from './plant.ts'
import { wrapFileSystem } from './wrapped-file-system.ts'

export const syncOmitted: Plant = {
  name: 'sync-omitted',
  fault: 'files are written and never synced',
  seedCountMax: 10,
  create: () => ({
    fileSystem: (inner) => wrapFileSystem(inner, { file: () => ({ sync: async () => {} }) }),
  }),
}
