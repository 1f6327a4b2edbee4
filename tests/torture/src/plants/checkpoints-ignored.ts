/** What was durable is forgotten at the start: whatever is missing counts as a write that did not get there. */

import { wrapFileSystem } from '@millrace/storage/testing'
import type { Plant } from './plant.ts'

export const checkpointsIgnored: Plant = {
  name: 'checkpoints-ignored',
  fault: 'what the checkpoints promise is not looked at',
  program: 'cut',
  says: /must not open, and does/,
  caseCountMax: 50,
  fileSystem: (inner) =>
    wrapFileSystem(inner, {
      readFile: (path, sizeMax) =>
        path.endsWith('-offset-checkpoint') ? Promise.resolve(Buffer.alloc(0)) : inner.readFile(path, sizeMax),
    }),
}
