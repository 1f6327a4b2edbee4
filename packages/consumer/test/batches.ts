/** Record batches for tests. */
import { codecByName, encodeBatch, encodeControlBatch } from '@millrace/protocol'

export interface BatchOptions extends Omit<NonNullable<Parameters<typeof encodeBatch>[1]>, 'codec'> {
  readonly codec?: 'gzip' | 'snappy' | 'lz4' | 'zstd'
}

/** One batch with a record for each value; timestamps are 1000, 1001, and so on. */
export function batchOf(values: readonly string[], options: BatchOptions = {}): Buffer {
  const records = values.map((value, index) => ({ key: `k${index}`, value, timestamp: 1000 + index }))
  const { codec: name, ...rest } = options
  const codec = name === undefined ? undefined : codecByName(name)
  return encodeBatch(records, { ...rest, codec })
}

/** A batch whose checksum is wrong. */
export function damagedBatchOf(values: readonly string[], options: BatchOptions = {}): Buffer {
  const bytes = batchOf(values, options)
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 0x5a
  return bytes
}

/** A batch of a transaction. */
export function transactionalBatchOf(values: readonly string[], producerId: number, baseSequence = 0): Buffer {
  return batchOf(values, { producerId, producerEpoch: 0, baseSequence, isTransactional: true })
}

/** The end of a transaction. */
export function markerOf(type: 'Commit' | 'Abort', producerId: number, baseOffset = 0): Buffer {
  const options = { timestamp: 0, producerId, producerEpoch: 0, isTransactional: true, baseOffset }
  return encodeControlBatch([{ type, data: { coordinatorEpoch: 0 } }], options)
}

/** Numbers as texts, from `from` on. */
export function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => String(from + index))
}
