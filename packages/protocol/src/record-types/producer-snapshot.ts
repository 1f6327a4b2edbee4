/**
 * A `.snapshot` file of a partition: the state of its idempotent producers. An int16 version (1), a CRC-32C of everything after
 * the crc field, then the entries.
 */
import { crc32c } from '@millrace/base'
import { DecodeError } from '../schema/decode-error.ts'
import type { Input, Item } from '../schema/field.ts'
import type { Encodable } from '../schema/schema.ts'
import { ProducerSnapshot } from './storage/producer-snapshot.ts'
import { decodeVersioned, encodeVersioned } from './versioned.ts'

export interface ProducerSnapshotEntry extends Item<ProducerSnapshot['producerEntries']> {}

type Entries = NonNullable<Encodable<typeof ProducerSnapshot>['producerEntries']>
/** What encoding an entry takes. */
export type ProducerSnapshotEntryInput = Item<Entries> & Input<Record<never, never>>

const crcPosition = 2
const crcEnd = crcPosition + 4

/** The whole file. Throws EncodeError. */
export function encodeProducerSnapshot(entries: readonly ProducerSnapshotEntryInput[]): Buffer {
  const bytes = encodeVersioned(ProducerSnapshot, ProducerSnapshot.versions.max, { producerEntries: entries })
  bytes.writeUInt32BE(crc32c(bytes, crcEnd), crcPosition)
  return bytes
}

/** Throws DecodeError, with code `corrupt` when the checksum does not match. */
export function decodeProducerSnapshot(bytes: Buffer): readonly ProducerSnapshotEntry[] {
  const { version, data } = decodeVersioned(ProducerSnapshot, bytes)
  const computed = crc32c(bytes, crcEnd)
  if (computed === data.crc) return data.producerEntries
  const reason = `the checksum is ${data.crc}, but that of the bytes is ${computed}`
  throw new DecodeError({
    code: 'corrupt',
    api: ProducerSnapshot.name,
    version,
    field: 'crc',
    position: crcPosition,
    reason,
  })
}
