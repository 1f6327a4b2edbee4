/** Sequence numbers are durable as soon as they are seen, their batches are not: a retry is taken for a duplicate. */

import { acknowledged } from '../checkers/acknowledged.ts'
import { intact } from '../checkers/intact.ts'
import { order } from '../checkers/order.ts'
import { type Tap, tapTransport } from './frame-tap.ts'
import type { Plant } from './plant.ts'
import { acknowledge, readProduce } from './produce-frame.ts'

export const sequenceBeforeBatch: Plant = {
  name: 'sequence-before-batch',
  fault: 'the sequence number of a batch is durable before the batch',
  foundBy: [acknowledged.name, intact.name, order.name],
  seedCountMax: 20,
  create() {
    /** Last sequence by producer and partition. Survives whatever happens to the log. */
    const sequences = new Map<string, number>()
    const makeTap = (): Tap => ({
      request(frame) {
        const request = readProduce(frame)
        if (request === undefined) return { forward: frame }
        const key = `${request.producerId} ${request.partition}`
        const last = sequences.get(key) ?? -1
        if (request.lastSequence <= last) return { reply: acknowledge(request, -1) }
        sequences.set(key, request.lastSequence)
        return { forward: frame }
      },
    })
    return { transport: (inner) => tapTransport(inner, () => {}, makeTap) }
  },
}
