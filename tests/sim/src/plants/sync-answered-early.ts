/** A sync says that it is done before it has begun: a reply before the commit, seen from the disk. */
import { randomBelow } from '@millrace/base'
import type { Plant } from './plant.ts'
import { wrapFileSystem } from './wrapped-file-system.ts'

const delayMsMax = 200

export const syncAnsweredEarly: Plant = {
  name: 'sync-answered-early',
  fault: `a sync is answered up to ${delayMsMax} ms before it happens`,
  seedCountMax: 20,
  create: () => ({
    fileSystem: (inner, { clock, random }) =>
      wrapFileSystem(inner, {
        file: (file) => ({
          sync: async () => {
            // The file may be closed by then; what it held stays unsynced.
            clock.schedule(randomBelow(random, delayMsMax), () => void file.sync().catch(() => {}))
          },
        }),
      }),
  }),
}
