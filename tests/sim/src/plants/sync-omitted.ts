/** The disk is never asked to keep records. */

import { wrapFileSystem } from '@millrace/storage/testing'
import { acknowledged } from '../checkers/acknowledged.ts'
import { oneValuePerOffset } from '../checkers/one-value-per-offset.ts'
import { isRecords } from './log-paths.ts'
import type { Plant } from './plant.ts'

export const syncOmitted: Plant = {
  name: 'sync-omitted',
  fault: 'records are written and never synced',
  foundBy: [acknowledged.name, oneValuePerOffset.name],
  seedCountMax: 20,
  create: () => ({
    fileSystem: (inner) =>
      wrapFileSystem(inner, { file: ({ path }) => (isRecords(path) ? { sync: async () => {} } : {}) }),
  }),
}
