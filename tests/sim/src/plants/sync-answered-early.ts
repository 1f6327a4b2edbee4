/** A sync says that it is done before it has begun: a reply before the commit, seen from the disk. */
import { randomBelow } from '@millrace/base'
import { wrapFileSystem } from '@millrace/storage/testing'
import { acknowledged } from '../checkers/acknowledged.ts'
import { oneValuePerOffset } from '../checkers/one-value-per-offset.ts'
import { isRecords } from './log-paths.ts'
import type { Plant } from './plant.ts'

const delayMsMax = 200

export const syncAnsweredEarly: Plant = {
  name: 'sync-answered-early',
  fault: `a sync of records is answered up to ${delayMsMax} ms before it happens`,
  foundBy: [acknowledged.name, oneValuePerOffset.name],
  seedCountMax: 20,
  create: () => ({
    fileSystem: (inner, { clock, random }) =>
      wrapFileSystem(inner, {
        file: (file) => {
          if (!isRecords(file.path)) return {}
          // The file may be closed by then; what it held stays unsynced.
          const syncLater = () => void file.sync().catch(() => {})
          return { sync: async () => void clock.schedule(randomBelow(random, delayMsMax), syncLater) }
        },
      }),
  }),
}
