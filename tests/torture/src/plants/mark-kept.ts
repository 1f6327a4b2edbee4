/** The mark of a clean stop stays when the next process starts: after a crash, everything is trusted. */

import { wrapFileSystem } from '@millrace/storage/testing'
import type { Plant } from './plant.ts'

export const markKept: Plant = {
  name: 'mark-kept',
  fault: 'the mark of a clean stop is not removed',
  program: 'power',
  says: /counts to|lost: ends at|something damaged|is gone|ends at|must be/,
  caseCountMax: 30,
  fileSystem: (inner) =>
    wrapFileSystem(inner, {
      remove: async (path) => {
        if (!path.endsWith('.kafka_cleanshutdown')) await inner.remove(path)
      },
    }),
}
