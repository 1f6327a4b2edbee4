/**
 * The 61-byte header of a record batch (magic 2): where its fields are, and functions that read and patch them in a buffer.
 *
 * | at | field | | at | field |
 * |--:|---|---|--:|---|
 * | 0 | baseOffset int64 | | 27 | baseTimestamp int64, or the delete horizon |
 * | 8 | size of what follows, int32 | | 35 | maxTimestamp int64 |
 * | 12 | partitionLeaderEpoch int32 | | 43 | producerId int64 |
 * | 16 | magic int8 | | 51 | producerEpoch int16 |
 * | 17 | CRC-32C of everything from 21 on | | 53 | baseSequence int32 |
 * | 21 | attributes int16 | | 57 | recordCount int32 |
 * | 23 | lastOffsetDelta int32 | | 61 | records |
 *
 * Source: reference section 2.5. The checksum does not cover the base offset and the leader epoch, so a broker sets both
 * without reading the rest.
 */
import { crc32c } from '@millrace/base'
import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from './integers.ts'

export const batchHeaderSize = 61
/** The base offset and the size: what the size does not count. */
export const batchOverheadSize = 12
/** From here on the checksum covers the batch. */
export const batchChecksumStart = 21
/** The format that this package reads and writes. */
export const batchMagic = 2
/** Bytes needed to see the magic, in every format that Kafka ever had. */
export const batchMagicEnd = 17

const batchSizeAt = 8
const leaderEpochAt = 12
const magicAt = 16
const crcAt = 17
const attributesAt = 21
const lastOffsetDeltaAt = 23
const baseTimestampAt = 27
const maxTimestampAt = 35
const producerIdAt = 43
const producerEpochAt = 51
const baseSequenceAt = 53
const recordCountAt = 57

const codecMask = 0x07
const logAppendTimeBit = 0x08
const transactionalBit = 0x10
const controlBit = 0x20
const deleteHorizonBit = 0x40

/** Who set the timestamps: the producer (of each record), or the broker (one for the whole batch). */
export type TimestampType = 'CreateTime' | 'LogAppendTime'

function attributes(bytes: Buffer, position: number): number {
  return readInt16(bytes, position + attributesAt)
}

function size(bytes: Buffer, position: number): number {
  return batchOverheadSize + readInt32(bytes, position + batchSizeAt)
}

function crcOf(bytes: Buffer, position: number): number {
  return crc32c(bytes, position + batchChecksumStart, position + size(bytes, position))
}

/**
 * Fields of the batch that starts at `position` in `bytes`. Nothing is checked: the header must lie within the buffer, as
 * `batchSizeAt` and `forEachBatch` make sure. 64-bit fields come as the nearest number, exact within 2^53; only timestamps of a
 * hostile or broken producer are beyond.
 */
export const BatchHeader = {
  baseOffset(bytes: Buffer, position: number): number {
    return readInt64(bytes, position)
  },
  /** Bytes of the whole batch, header included. */
  size,
  partitionLeaderEpoch(bytes: Buffer, position: number): number {
    return readInt32(bytes, position + leaderEpochAt)
  },
  magic(bytes: Buffer, position: number): number {
    return ((bytes[position + magicAt] as number) << 24) >> 24
  },
  /** The checksum as stored, unsigned. */
  crc(bytes: Buffer, position: number): number {
    return readInt32(bytes, position + crcAt) >>> 0
  },
  attributes,
  /** The id of the compression codec, 0 to 7. */
  codec(bytes: Buffer, position: number): number {
    return attributes(bytes, position) & codecMask
  },
  isLogAppendTime(bytes: Buffer, position: number): boolean {
    return (attributes(bytes, position) & logAppendTimeBit) !== 0
  },
  timestampType(bytes: Buffer, position: number): TimestampType {
    return (attributes(bytes, position) & logAppendTimeBit) === 0 ? 'CreateTime' : 'LogAppendTime'
  },
  isTransactional(bytes: Buffer, position: number): boolean {
    return (attributes(bytes, position) & transactionalBit) !== 0
  },
  isControl(bytes: Buffer, position: number): boolean {
    return (attributes(bytes, position) & controlBit) !== 0
  },
  /** Whether the base timestamp is the time after which tombstones may go. Record timestamps count from it all the same. */
  hasDeleteHorizon(bytes: Buffer, position: number): boolean {
    return (attributes(bytes, position) & deleteHorizonBit) !== 0
  },
  lastOffsetDelta(bytes: Buffer, position: number): number {
    return readInt32(bytes, position + lastOffsetDeltaAt)
  },
  /** The last offset that the batch stands for; compaction may have removed its record. */
  lastOffset(bytes: Buffer, position: number): number {
    return readInt64(bytes, position) + readInt32(bytes, position + lastOffsetDeltaAt)
  },
  /** What record timestamps count from: the delete horizon, if there is one. */
  baseTimestamp(bytes: Buffer, position: number): number {
    return readInt64(bytes, position + baseTimestampAt)
  },
  maxTimestamp(bytes: Buffer, position: number): number {
    return readInt64(bytes, position + maxTimestampAt)
  },
  /** -1 when the producer is not idempotent. */
  producerId(bytes: Buffer, position: number): number {
    return readInt64(bytes, position + producerIdAt)
  },
  producerEpoch(bytes: Buffer, position: number): number {
    return readInt16(bytes, position + producerEpochAt)
  },
  /** -1 when there is none: without a producer id, and in control batches. */
  baseSequence(bytes: Buffer, position: number): number {
    return readInt32(bytes, position + baseSequenceAt)
  },
  recordCount(bytes: Buffer, position: number): number {
    return readInt32(bytes, position + recordCountAt)
  },

  /** Whether the stored checksum is the right one. The whole batch must lie within `bytes`. */
  isCrcValid(bytes: Buffer, position: number): boolean {
    return BatchHeader.crc(bytes, position) === crcOf(bytes, position)
  },
  /** Computes and stores the checksum: after any change from `batchChecksumStart` on. */
  seal(bytes: Buffer, position: number): void {
    writeInt32(bytes, position + crcAt, crcOf(bytes, position))
  },

  /** Not covered by the checksum. */
  setBaseOffset(bytes: Buffer, position: number, offset: number): void {
    writeInt64(bytes, position, offset)
  },
  /** Not covered by the checksum. */
  setPartitionLeaderEpoch(bytes: Buffer, position: number, epoch: number): void {
    writeInt32(bytes, position + leaderEpochAt, epoch)
  },
  /** Covered by the checksum: `seal` afterwards. */
  setMaxTimestamp(bytes: Buffer, position: number, timestamp: number): void {
    writeInt64(bytes, position + maxTimestampAt, timestamp)
  },
  /**
   * Makes `timestamp` the timestamp of every record: what a topic with `message.timestamp.type=LogAppendTime` does. The record
   * deltas stay as they are. Seals the batch.
   */
  setLogAppendTime(bytes: Buffer, position: number, timestamp: number): void {
    writeInt16(bytes, position + attributesAt, attributes(bytes, position) | logAppendTimeBit)
    writeInt64(bytes, position + maxTimestampAt, timestamp)
    BatchHeader.seal(bytes, position)
  },
} as const

/** All fields of a header, for {@link writeBatchHeader}. */
export interface BatchHeaderFields {
  readonly baseOffset: number
  /** Of the whole batch. */
  readonly size: number
  readonly partitionLeaderEpoch: number
  readonly codec: number
  readonly isLogAppendTime: boolean
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly hasDeleteHorizon: boolean
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** Writes a header at the start of `bytes`, whose records are in place, and seals it. */
export function writeBatchHeader(bytes: Buffer, fields: BatchHeaderFields): void {
  writeInt64(bytes, 0, fields.baseOffset)
  writeInt32(bytes, batchSizeAt, fields.size - batchOverheadSize)
  writeInt32(bytes, leaderEpochAt, fields.partitionLeaderEpoch)
  bytes[magicAt] = batchMagic
  writeInt16(
    bytes,
    attributesAt,
    fields.codec |
      (fields.isLogAppendTime ? logAppendTimeBit : 0) |
      (fields.isTransactional ? transactionalBit : 0) |
      (fields.isControl ? controlBit : 0) |
      (fields.hasDeleteHorizon ? deleteHorizonBit : 0),
  )
  writeInt32(bytes, lastOffsetDeltaAt, fields.lastOffsetDelta)
  writeInt64(bytes, baseTimestampAt, fields.baseTimestamp)
  writeInt64(bytes, maxTimestampAt, fields.maxTimestamp)
  writeInt64(bytes, producerIdAt, fields.producerId)
  writeInt16(bytes, producerEpochAt, fields.producerEpoch)
  writeInt32(bytes, baseSequenceAt, fields.baseSequence)
  writeInt32(bytes, recordCountAt, fields.recordCount)
  BatchHeader.seal(bytes, 0)
}

/** Gives the batch in `bytes`, which it fills, another codec: its records have been compressed anew. Seals it. */
export function setBatchCodec(bytes: Buffer, codec: number): void {
  writeInt32(bytes, batchSizeAt, bytes.length - batchOverheadSize)
  writeInt16(bytes, attributesAt, (attributes(bytes, 0) & ~codecMask) | codec)
  BatchHeader.seal(bytes, 0)
}
