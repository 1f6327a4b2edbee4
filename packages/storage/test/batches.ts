/** Batches for tests. */
import { BatchHeader, batchHeaderSize, encodeBatch, encodeControlBatch } from '@millrace/protocol'

export interface TestBatch {
  readonly count?: number
  readonly producerId?: number
  readonly epoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly timestamp?: number
  /** Bytes of each record's value. */
  readonly valueSize?: number
  readonly fill?: number
  readonly baseOffset?: number
  readonly leaderEpoch?: number
}

export function makeBatch(options: TestBatch = {}): Buffer {
  const { count = 1, valueSize = 10, timestamp = 1_750_000_000_000, fill = 0x61 } = options
  const value = Buffer.alloc(valueSize, fill)
  const records = Array.from({ length: count }, () => ({ timestamp, key: 'k', value }))
  return encodeBatch(records, {
    baseOffset: options.baseOffset ?? 0,
    partitionLeaderEpoch: options.leaderEpoch ?? -1,
    producerId: options.producerId ?? -1,
    producerEpoch: options.epoch ?? -1,
    baseSequence: options.baseSequence ?? -1,
    isTransactional: options.isTransactional ?? false,
  })
}

export function makeMarker(type: 'Commit' | 'Abort', producerId: number, epoch: number, coordinatorEpoch = 0): Buffer {
  const options = { timestamp: 1_750_000_000_000, producerId, producerEpoch: epoch, isTransactional: true }
  return encodeControlBatch([{ type, data: { coordinatorEpoch } }], options)
}

/** Offsets of the batches in `bytes`, first and last of each. */
export function batchOffsets(bytes: Buffer): [number, number][] {
  const offsets: [number, number][] = []
  for (let at = 0; at + batchHeaderSize <= bytes.length; at += BatchHeader.size(bytes, at)) {
    if (BatchHeader.size(bytes, at) > bytes.length - at) break
    offsets.push([BatchHeader.baseOffset(bytes, at), BatchHeader.lastOffset(bytes, at)])
  }
  return offsets
}
