/** A checkpoint is written before the data that it promises: recovery points are a few offsets ahead. */

import { wrapFileSystem } from '@millrace/storage/testing'
import type { Plant } from './plant.ts'

export const checkpointTooHigh: Plant = {
  name: 'checkpoint-too-high',
  fault: 'recovery points promise records that are not durable',
  program: 'power',
  says: /was durable/,
  caseCountMax: 10,
  fileSystem: (inner) =>
    wrapFileSystem(inner, {
      file: (file) =>
        file.path.endsWith('recovery-point-offset-checkpoint.tmp')
          ? {
              write: async (buffers, position) => {
                const size = buffers.reduce((sum, { length }) => sum + length, 0)
                const text = Buffer.concat(buffers).toString()
                const ahead = text.replace(/ (\d+)$/gm, (_, offset) => ` ${Number(offset) + 3}`)
                await file.write([Buffer.from(ahead)], position)
                return size
              },
            }
          : {},
    }),
}
