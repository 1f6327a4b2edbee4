/** A log that is truncated is cut in memory, and not on the disk. */
import type { Plant } from './plant.ts'
import { isRecords, wrapFileSystem } from './wrapped-file-system.ts'

export const truncateOmitted: Plant = {
  name: 'truncate-omitted',
  fault: 'a truncation does not cut the file',
  program: 'model',
  says: /ends at|is not what|must be|must hold|starts|does not open/,
  caseCountMax: 20,
  fileSystem: (inner) =>
    wrapFileSystem(inner, { file: ({ path }) => (isRecords(path) ? { truncate: async () => {} } : {}) }),
}
