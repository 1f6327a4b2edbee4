/** Batches of metadata records: plain magic 2, uncompressed, one record a value. Reference section 4.1. */
import {
  decodeMetadataRecord,
  encodeBatch,
  encodeMetadataRecord,
  forEachBatch,
  type MetadataRecord,
  openBatch,
} from '@millrace/protocol'

/** One batch, decoded. A control batch has no metadata records. */
export interface DecodedMetadataBatch {
  readonly baseOffset: number
  readonly endOffset: number
  readonly records: readonly MetadataRecord[]
}

export function encodeMetadataBatch(
  records: readonly MetadataRecord[],
  baseOffset: number,
  epoch: number,
  timestamp: number,
): Buffer {
  const inputs = records.map((record) => ({ timestamp, key: null, value: encodeMetadataRecord(record) }))
  return encodeBatch(inputs, { baseOffset, partitionLeaderEpoch: epoch })
}

/** Whole batches in order. Throws RecordsError or DecodeError for damaged ones. */
export function decodeMetadataBatches(bytes: Buffer): DecodedMetadataBatch[] {
  const batches: DecodedMetadataBatch[] = []
  forEachBatch(bytes, 0, bytes.length, (position) => {
    const batch = openBatch(bytes, position)
    const records: MetadataRecord[] = []
    if (!batch.isControl) {
      // Copied: what an image keeps of a record must not keep a whole read buffer.
      for (const { value } of batch) if (value !== null) records.push(decodeMetadataRecord(Buffer.from(value)))
    }
    batches.push({ baseOffset: batch.baseOffset, endOffset: batch.lastOffset + 1, records })
  })
  return batches
}
