/** The disk is never asked to keep records. */

import { wrapFileSystem } from '@millrace/storage/testing'
import { isRecords } from './log-paths.ts'
import type { Plant } from './plant.ts'

export const syncOmitted: Plant = {
  name: 'sync-omitted',
  fault: 'records are written and never synced',
  program: 'power',
  says: /lost: ends at|was durable/,
  caseCountMax: 10,
  fileSystem: (inner) =>
    wrapFileSystem(inner, { file: ({ path }) => (isRecords(path) ? { sync: async () => {} } : {}) }),
}
