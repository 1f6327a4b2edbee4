/** Reads of a log are sometimes one bit off, and nobody looks. */
import { randomBelow } from '@millrace/base'
import { wrapFileSystem } from '@millrace/storage/testing'
import { intact } from '../checkers/intact.ts'
import type { Plant } from './plant.ts'

const oneIn = 50

export const flippedBit: Plant = {
  name: 'flipped-bit',
  fault: `one in ${oneIn} reads of a log gives a wrong bit`,
  foundBy: [intact.name],
  seedCountMax: 10,
  create: () => ({
    fileSystem: (inner, { random }) =>
      wrapFileSystem(inner, {
        file: (file) => ({
          read: async (target, position) => {
            const count = await file.read(target, position)
            if (count > 0 && file.path.endsWith('.log') && randomBelow(random, oneIn) === 0) {
              const at = randomBelow(random, count)
              target[at] = (target[at] as number) ^ (1 << randomBelow(random, 8))
            }
            return count
          },
        }),
      }),
  }),
}
