/** A record as users give it, and as the accumulator takes it. */
import { MillraceError, type Serde, type Topic } from '@millrace/client'
import { type RecordHeaderInput, recordSizeUpperBound } from '@millrace/protocol'
import type { EncodedRecord } from './accumulator.ts'
import { ProduceError } from './produce-error.ts'

/** Header values by name; a list where names repeat or their order matters. */
export type RecordHeaders = Readonly<Record<string, Uint8Array | string | null>> | readonly RecordHeaderInput[]

/** A record for a topic whose keys are `K` and values `V`. */
export interface ProducerRecord<K = Uint8Array | string, V = Uint8Array | string> {
  /** Records with one key go to one partition, in order. Without a key they are spread. */
  readonly key?: K | null
  /** Null deletes the key in a compacted topic. */
  readonly value: V | null
  readonly headers?: RecordHeaders
  /** Default: by the key, else wherever batches fill best. */
  readonly partition?: number
  /** Milliseconds since 1970. Default: now. */
  readonly timestamp?: number
}

function encodeHeaders(headers: RecordHeaders | undefined): readonly RecordHeaderInput[] | undefined {
  if (headers === undefined || Array.isArray(headers)) return headers as readonly RecordHeaderInput[] | undefined
  return Object.entries(headers as Readonly<Record<string, Uint8Array | string | null>>).map(([key, value]) => ({
    key,
    value,
  }))
}

function isRecordBytes(value: unknown): value is Uint8Array | string | null {
  return value === null || typeof value === 'string' || value instanceof Uint8Array
}

function checkedBytes(value: unknown, what: string, topic: string): Uint8Array | string | null {
  if (value === undefined) return null
  if (isRecordBytes(value)) return value
  const message = `The ${what} of a record for ${topic} must be bytes or text, it is ${typeof value}`
  throw new MillraceError('serialization', message)
}

function encodeWith<T>(
  serde: Serde<T>,
  value: T | null | undefined,
  what: string,
  topic: string,
): Uint8Array | string | null {
  if (value === null || value === undefined) return null
  let encoded: Uint8Array | string
  try {
    encoded = serde.encode(value)
  } catch (cause) {
    const message = `The ${what} of a record for ${topic} cannot be encoded: ${(cause as Error).message}`
    throw new MillraceError('serialization', message, { cause })
  }
  return checkedBytes(encoded, what, topic)
}

const partitionMax = 0x7fff_ffff

/** Keys and values as bytes. Throws {@link MillraceError} `serialization` or `invalid-argument`. */
export function encodeRecord<K, V>(
  topic: string | Topic<K, V>,
  record: ProducerRecord<K, V>,
  nowMs: number,
): EncodedRecord {
  const isPlain = typeof topic === 'string'
  const key = isPlain ? checkedBytes(record.key, 'key', topic) : encodeWith(topic.key, record.key, 'key', topic.name)
  const value = isPlain
    ? checkedBytes(record.value, 'value', topic)
    : encodeWith(topic.value, record.value, 'value', topic.name)
  const timestamp = record.timestamp ?? nowMs
  if (!Number.isSafeInteger(timestamp)) {
    throw new MillraceError('invalid-argument', `A timestamp is a whole number of milliseconds, not ${timestamp}`)
  }
  const { partition } = record
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0 && partition <= partitionMax)) {
    throw new MillraceError('invalid-argument', `A partition is a whole number from 0 up, not ${partition}`)
  }
  return { key, value, headers: encodeHeaders(record.headers), timestamp, partition }
}

/** At least the bytes it takes; text counts three for each unit. */
function roughSize({ key, value }: EncodedRecord): number {
  return 3 * ((key?.length ?? 0) + (value?.length ?? 0))
}

/** Throws {@link ProduceError} `invalid-argument` for a record that no broker would take. */
export function checkRecordSize(topic: string, record: EncodedRecord, sizeMax: number): void {
  if (record.headers === undefined && roughSize(record) <= sizeMax) return
  const size = recordSizeUpperBound(record)
  if (size <= sizeMax) return
  const message = `A record for ${topic} takes up to ${size} bytes, at most ${sizeMax} are allowed (recordSizeMax)`
  throw new ProduceError('invalid-argument', message, { topic, outcome: 'not-written' })
}
