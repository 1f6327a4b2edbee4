/** A sync that fails is tried again, and counts when the second one succeeds: by then the disk has forgotten what it was about. */

import { wrapFileSystem } from '@millrace/storage/testing'
import { isRecords } from './log-paths.ts'
import type { Plant } from './plant.ts'

export const syncFailureHidden: Plant = {
  name: 'sync-failure-hidden',
  fault: 'a failed sync is tried again',
  program: 'errors',
  says: /sync .*lost: ends at|sync .*was durable/,
  caseCountMax: 2000,
  fileSystem: (inner) =>
    wrapFileSystem(inner, {
      file: (file) => (isRecords(file.path) ? { sync: () => file.sync().catch(() => file.sync()) } : {}),
    }),
}
