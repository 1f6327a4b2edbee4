/** Cuts a batch that the broker finds too large into two halves. */
import { BatchBuilder, openBatch, type RecordView } from '@millrace/protocol'
import { Batch, type BatchPart } from './batch.ts'
import type { Compression } from './options.ts'

function half(batch: Batch, records: readonly RecordView[], compression: Compression): Batch {
  const size = batch.bytes?.length ?? 0
  const builder = new BatchBuilder({ sizeHint: size })
  for (const { timestamp, key, value, headers } of records) builder.append({ timestamp, key, value, headers })
  const part = new Batch(batch.topic, batch.partition, batch.order, batch.createdAtMs, 0)
  part.adopt(builder.build({ ...compression }), records.length)
  return part
}

/**
 * The two halves of a sealed batch of two records or more; the batch settles with them. They have no numbers yet.
 */
export function splitBatch(batch: Batch, compression: Compression): readonly [Batch, Batch] {
  const records = openBatch(batch.bytes as Buffer, 0, { checkCrc: false }).records()
  const middle = records.length >> 1
  const halves = [
    half(batch, records.slice(0, middle), compression),
    half(batch, records.slice(middle), compression),
  ] as const
  const outcomes: (readonly BatchPart[] | undefined)[] = [undefined, undefined]
  for (const [index, part] of halves.entries()) {
    part.whole = batch
    part.bufferedSize = index === 0 ? batch.bufferedSize : 0
    part.onSettled = (parts) => {
      outcomes[index] = parts
      const [first, second] = outcomes
      if (first !== undefined && second !== undefined) batch.settle([...first, ...second])
    }
  }
  return halves
}
