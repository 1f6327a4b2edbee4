/** The disk is never asked to keep records. */
import type { Plant } from './plant.ts'
import { isRecords, wrapFileSystem } from './wrapped-file-system.ts'

export const syncOmitted: Plant = {
  name: 'sync-omitted',
  fault: 'records are written and never synced',
  program: 'power',
  says: /lost: ends at|was durable/,
  caseCountMax: 10,
  fileSystem: (inner) =>
    wrapFileSystem(inner, { file: ({ path }) => (isRecords(path) ? { sync: async () => {} } : {}) }),
}
