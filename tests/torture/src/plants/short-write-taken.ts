/** A write that the disk took in part counts as whole. */

import { wrapFileSystem } from '@millrace/storage/testing'
import { isRecords } from './log-paths.ts'
import type { Plant } from './plant.ts'

export const shortWriteTaken: Plant = {
  name: 'short-write-taken',
  fault: 'what a short write left out is not noticed',
  program: 'errors',
  says: /short write/,
  caseCountMax: 2000,
  fileSystem: (inner) =>
    wrapFileSystem(inner, {
      file: (file) =>
        isRecords(file.path)
          ? {
              write: async (buffers, position) => {
                await file.write(buffers, position)
                return buffers.reduce((sum, { length }) => sum + length, 0)
              },
            }
          : {},
    }),
}
