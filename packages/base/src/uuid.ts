/** UUIDs in Kafka's text form: 16 bytes as url-safe base64 without padding, 22 characters. */
import type { Random } from './random.ts'

/** A UUID in Kafka's text form. {@link zeroUuid} means "none". */
export type Uuid = string

export const uuidSize = 16
/** No UUID. */
export const zeroUuid: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA'
/** Reserved by Kafka (uuid 1): the topic id of `__cluster_metadata`, and "unassigned" as a directory id. */
export const oneUuid: Uuid = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** Reads the 16 bytes at `position`. */
export function uuidFromBytes(bytes: Buffer, position = 0): Uuid {
  return bytes.toString('base64url', position, position + uuidSize)
}

/** The 16 bytes of a UUID; undefined when the text is not one. */
export function uuidToBytes(uuid: Uuid): Buffer | undefined {
  const bytes = Buffer.from(uuid, 'base64url')
  return uuid.length === 22 && bytes.length === uuidSize ? bytes : undefined
}

/** A random version 4 UUID whose text does not start with `-` (tools would take it for an option) and is not reserved. */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = random.bytes(uuidSize)
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
    const uuid = uuidFromBytes(bytes)
    if (!uuid.startsWith('-')) return uuid
  }
}

/** The usual form with dashes, as member ids carry it. */
export function uuidToDashed(uuid: Uuid): string {
  const hex = (uuidToBytes(uuid) ?? Buffer.alloc(uuidSize)).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
