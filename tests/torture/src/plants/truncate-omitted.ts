/** A log that is truncated is cut in memory, and not on the disk. */

import { wrapFileSystem } from '@millrace/storage/testing'
import { isRecords } from './log-paths.ts'
import type { Plant } from './plant.ts'

export const truncateOmitted: Plant = {
  name: 'truncate-omitted',
  fault: 'a truncation does not cut the file',
  program: 'model',
  says: /ends at|is not what|must be|must hold|starts|does not open/,
  caseCountMax: 20,
  fileSystem: (inner) =>
    wrapFileSystem(inner, { file: ({ path }) => (isRecords(path) ? { truncate: async () => {} } : {}) }),
}
