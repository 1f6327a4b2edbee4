/** Records as lines of text: plain values for people, JSON with everything for scripts. Pure. */
import { UsageError } from './command.ts'

export const encodings = ['utf8', 'base64', 'hex'] as const
export type TextEncoding = (typeof encodings)[number]

/** A record to produce. */
export interface ParsedRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
  readonly partition: number | undefined
  readonly timestamp: number | undefined
}

/** A record that was consumed. */
export interface ShownRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
}

const noHeaders: ParsedRecord['headers'] = []

/** A line that is the value, or key and value around `keySeparator`. */
export function parseTextLine(line: string, keySeparator: string | undefined): ParsedRecord {
  const rest = { headers: noHeaders, partition: undefined, timestamp: undefined }
  if (keySeparator === undefined) return { key: null, value: Buffer.from(line), ...rest }
  const position = line.indexOf(keySeparator)
  if (position < 0)
    throw new UsageError(
      `A line has no key: ${JSON.stringify(keySeparator)} is not in ${JSON.stringify(line.slice(0, 80))}`,
    )
  return {
    key: Buffer.from(line.slice(0, position)),
    value: Buffer.from(line.slice(position + keySeparator.length)),
    ...rest,
  }
}

/** A line `{"key": ..., "value": ..., "headers": {...}, "partition": ..., "timestamp": ...}`, all optional, texts in `encoding`. */
export function parseJsonLine(line: string, encoding: TextEncoding): ParsedRecord {
  const fields = parseObject(line)
  const bytes = (name: string, value: unknown) => {
    if (value === undefined || value === null) return null
    if (typeof value === 'string') return Buffer.from(value, encoding)
    throw new UsageError(`${name} must be a text or null in ${JSON.stringify(line.slice(0, 80))}`)
  }
  const headers = fields.headers ?? {}
  if (typeof headers !== 'object')
    throw new UsageError(`headers must be an object in ${JSON.stringify(line.slice(0, 80))}`)
  return {
    key: bytes('key', fields.key),
    value: bytes('value', fields.value),
    headers: Object.entries(headers as object).map(([key, value]) => ({ key, value: bytes(`header ${key}`, value) })),
    partition: integer('partition', fields.partition, line),
    timestamp: integer('timestamp', fields.timestamp, line),
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new UsageError(`A line is no JSON object: ${JSON.stringify(line.slice(0, 80))}`)
}

function integer(name: string, value: unknown, line: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw new UsageError(`${name} must be a whole number in ${JSON.stringify(line.slice(0, 80))}`)
}

/** One line of JSON for a record. Headers of one name: the last one. */
export function formatJsonLine(record: ShownRecord, encoding: TextEncoding): string {
  const { topic, partition, offset, timestamp, key, value, headers } = record
  return JSON.stringify({
    topic,
    partition,
    offset,
    timestamp,
    key: key?.toString(encoding) ?? null,
    value: value?.toString(encoding) ?? null,
    headers: Object.fromEntries(headers.map((header) => [header.key, header.value?.toString(encoding) ?? null])),
  })
}

/** The value, after the key if that is wanted. */
export function formatTextLine(
  { key, value }: ShownRecord,
  encoding: TextEncoding,
  keySeparator: string | undefined,
): string {
  const text = value?.toString(encoding) ?? ''
  return keySeparator === undefined ? text : `${key?.toString(encoding) ?? ''}${keySeparator}${text}`
}
