/** The records of one batch for a dump, those of Kafka's own topics decoded by name. */
import {
  DecodeError,
  decodeControlRecord,
  decodeCoordinatorRecord,
  decodeMetadataRecord,
  groupRecords,
  openBatch,
  RecordsError,
  type RecordView,
  shareRecords,
  transactionRecords,
} from '@millrace/protocol'
import { type File, readFully } from '../fs/port.ts'
import { scanChunkBytes } from '../scan.ts'
import type { FoundBatch } from './batch-walk.ts'
import { plainValue, showBytes } from './shown.ts'

/** Largest batch whose records are shown, in bytes; above it, a note. No broker takes larger ones by default (1 MiB). */
const shownBatchBytesMax = 128 << 20

/** What kind of records a log has. */
export type RecordKind = 'plain' | 'group' | 'transaction' | 'share' | 'metadata'

const kindByTopic: ReadonlyMap<string, RecordKind> = new Map<string, RecordKind>([
  ['__consumer_offsets', 'group'],
  ['__transaction_state', 'transaction'],
  ['__share_group_state', 'share'],
  ['__cluster_metadata', 'metadata'],
])

export function recordKindOf(topic: string | undefined): RecordKind {
  return (topic === undefined ? undefined : kindByTopic.get(topic)) ?? 'plain'
}

export interface FoundRecord {
  readonly kind: 'record'
  readonly offset: number
  readonly timestamp: number
  /** As text, or `0x` and hex digits. */
  readonly key: string | null
  readonly value: string | null
  /** Bytes; -1 for null. */
  readonly keySize: number
  readonly valueSize: number
  readonly sequence?: number
  readonly headers: readonly { readonly key: string; readonly value: string | null }[]
  /** A record of Kafka's own: its type by name, and its fields. */
  readonly decoded?: { readonly type: string; readonly version?: number | null; readonly fields: unknown }
  /** Why it could not be decoded. */
  readonly problem?: string
}

export interface RecordsProblem {
  readonly kind: 'problem'
  readonly position: number
  readonly problem: string
}

/** Reads the records of batches that follow each other in a file. */
export class RecordReader {
  readonly #file: File
  readonly #kind: RecordKind
  #window = Buffer.alloc(0)
  #start = 0

  constructor(file: File, kind: RecordKind) {
    this.#file = file
    this.#kind = kind
  }

  /** The records of a batch, or why they cannot be shown. */
  async read(batch: FoundBatch): Promise<(FoundRecord | RecordsProblem)[]> {
    const problemAt = (problem: string): RecordsProblem => ({ kind: 'problem', position: batch.position, problem })
    if (batch.size > shownBatchBytesMax) return [problemAt(`the batch has ${batch.size} bytes: it is not shown`)]
    const bytes = await this.#bytesOf(batch)
    if (bytes === undefined) return [problemAt('the file is shorter than it was')]
    const found: (FoundRecord | RecordsProblem)[] = []
    try {
      // A damaged batch is shown as far as its records can be read: that is what a dump is for.
      for (const record of openBatch(bytes, 0, { checkCrc: false }))
        found.push(describeRecord(record, batch, this.#kind))
    } catch (error) {
      if (!(error instanceof RecordsError)) throw error
      found.push(problemAt(error.message))
    }
    return found
  }

  /** Undefined when the file ends before the batch does. */
  async #bytesOf({ position, size }: FoundBatch): Promise<Buffer | undefined> {
    const isHeld = position >= this.#start && position + size <= this.#start + this.#window.length
    if (!isHeld) {
      const bytes = Buffer.allocUnsafe(Math.max(size, scanChunkBytes))
      this.#window = bytes.subarray(0, await readFully(this.#file, bytes, position))
      this.#start = position
    }
    const at = position - this.#start
    return at + size <= this.#window.length ? this.#window.subarray(at, at + size) : undefined
  }
}

/** What proves who somebody is, by the record that has it: a dump is shown to others. */
const secretFields: Readonly<Record<string, readonly string[]>> = {
  UserScramCredentialRecord: ['salt', 'storedKey', 'serverKey'],
  DelegationTokenRecord: ['tokenId'],
}
const hidden = '(hidden)'

function withoutSecrets(fields: unknown, names: readonly string[]): unknown {
  const entries = Object.entries(fields as object)
  return Object.fromEntries(entries.map(([name, value]) => [name, names.includes(name) ? hidden : value]))
}

function describeRecord(record: RecordView, batch: FoundBatch, kind: RecordKind): FoundRecord {
  const plain = {
    kind: 'record',
    offset: record.offset,
    timestamp: record.timestamp,
    key: showBytes(record.key),
    value: showBytes(record.value),
    keySize: record.keySize,
    valueSize: record.valueSize,
    headers: record.headers.map(({ key, value }) => ({ key, value: showBytes(value) })),
    ...(batch.producerId < 0 || batch.baseSequence < 0
      ? {}
      : { sequence: (batch.baseSequence + record.offsetDelta) % 2 ** 31 }),
  } as const
  try {
    const decoded = batch.isControl ? decodeControl(record) : decodeData(record, kind)
    if (decoded === undefined) return plain
    const secrets = secretFields[decoded.type]
    if (secrets === undefined) return { ...plain, decoded }
    return { ...plain, value: hidden, decoded: { ...decoded, fields: withoutSecrets(decoded.fields, secrets) } }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { ...plain, problem: error.message }
  }
}

function decodeControl({ key, value }: RecordView): FoundRecord['decoded'] {
  if (key === null || value === null) return undefined
  const { type, data } = decodeControlRecord(key, value)
  return { type, fields: plainValue(data) }
}

function decodeData({ key, value }: RecordView, kind: RecordKind): FoundRecord['decoded'] {
  if (kind === 'plain') return undefined
  if (kind === 'metadata') {
    if (value === null) return undefined
    const { type, version, data } = decodeMetadataRecord(value)
    return { type, version, fields: plainValue(data) }
  }
  if (key === null) return undefined
  const record = decodeCoordinator(key, value, kind)
  return { type: record.type, version: record.version, fields: plainValue({ key: record.key, value: record.value }) }
}

function decodeCoordinator(key: Buffer, value: Buffer | null, kind: Exclude<RecordKind, 'plain' | 'metadata'>) {
  if (kind === 'group') return decodeCoordinatorRecord(groupRecords, key, value)
  if (kind === 'transaction') return decodeCoordinatorRecord(transactionRecords, key, value)
  return decodeCoordinatorRecord(shareRecords, key, value)
}
