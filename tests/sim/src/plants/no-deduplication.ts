/** Producer ids are ignored: every retry is appended again. */
import { BatchHeader } from '@millrace/protocol'
import { noDuplicate } from '../checkers/no-duplicate.ts'
import { tapTransport } from './frame-tap.ts'
import type { Plant } from './plant.ts'
import { readProduce } from './produce-frame.ts'

const producerIdAt = 43
const producerStateSize = 8 + 2 + 4

export const noDeduplication: Plant = {
  name: 'no-deduplication',
  fault: 'batches of idempotent producers are appended whatever their sequence number',
  foundBy: [noDuplicate.name],
  seedCountMax: 10,
  create: () => ({
    transport: (inner) =>
      tapTransport(
        inner,
        () => {},
        () => ({
          request(frame) {
            const copy = Buffer.from(frame)
            const request = readProduce(copy)
            if (request === undefined) return { forward: frame }
            // Producer id, epoch and sequence -1: a batch of a plain producer.
            request.batch.fill(0xff, producerIdAt, producerIdAt + producerStateSize)
            BatchHeader.seal(request.batch, 0)
            return { forward: copy }
          },
        }),
      ),
  }),
}
