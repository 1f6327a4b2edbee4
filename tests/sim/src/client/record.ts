/** What records of the simulation hold: their name, so that a reader knows who wrote them, and bytes that must come through whole. */
import { crc32 } from 'node:zlib'
import { BatchHeader, batchSizeAt, openBatch, type RecordInput, type RecordView } from '@millrace/protocol'
import { nameOf, type ReadRecord, type RecordIdentity } from '../history.ts'

/** A record with a name, and its identity. */
export function makeRecord(
  producer: string,
  index: number,
  timestamp: number,
  padding: Buffer,
): { readonly input: RecordInput; readonly identity: RecordIdentity } {
  const key = `${producer}#${index}`
  const headers = index % 3 === 0 ? [{ key: 'n', value: `${index}` }] : []
  const checksum = checksumOf(timestamp, Buffer.from(key), padding, headers.map(({ value }) => value).join())
  return { input: { timestamp, key, value: padding, headers }, identity: { producer, index, checksum } }
}

function checksumOf(timestamp: number, key: Buffer, value: Buffer, headers: string): number {
  return crc32(headers, crc32(value, crc32(key, timestamp % 0x1_0000_0000)))
}

/** The records at `offset` and after it in what a fetch gave. Throws RecordsError when it is damaged. */
export function readRecords(
  bytes: Buffer,
  offset: number,
): { readonly records: ReadRecord[]; readonly nextOffset: number } {
  const records: ReadRecord[] = []
  let nextOffset = offset
  for (let position = 0; ; ) {
    const size = batchSizeAt(bytes, position, bytes.length)
    if (size === 0) return { records, nextOffset }
    // A batch that ends before the offset may come first, never later.
    if (BatchHeader.lastOffset(bytes, position) >= offset) {
      const batch = openBatch(bytes, position)
      if (!batch.isControl) for (const view of batch) if (view.offset >= offset) records.push(readRecord(view))
      nextOffset = batch.lastOffset + 1
    }
    position += size
  }
}

function readRecord(view: RecordView): ReadRecord {
  const key = view.key ?? Buffer.alloc(0)
  const [producer = '', index] = key.toString().split('#')
  const headers = view.headers.map(({ value }) => value?.toString() ?? '').join()
  const checksum = checksumOf(view.timestamp, key, view.value ?? Buffer.alloc(0), headers)
  const record = { producer, index: Number(index), checksum, offset: view.offset }
  return nameOf(record) === key.toString()
    ? record
    : { ...record, producer: `unknown ${key.toString('hex')}`, index: 0 }
}
