/** Exchanges that Apache Kafka 4.3.1 had with a client, and how to have them again with another broker. */
import { readFileSync } from 'node:fs'
import { BatchHeader, decodeRequestBody, decodeRequestHeader, decodeResponse, encodeRequest } from '@millrace/protocol'
import type { TypedApi } from './wire.ts'

export interface RecordedRequest {
  readonly api?: string
  readonly description?: string
  /** A frame without its length. */
  readonly hex?: string
  /** What was written, lengths and all. */
  readonly rawHex?: string
  /** The beginning of a Produce of `bytes` bytes, whose one value goes on with the same byte to the end. */
  readonly hexStart?: string
  readonly bytes?: number
}

export interface RecordedResponse {
  /** A frame without its length. */
  readonly hex?: string
  readonly secondHex?: string
  readonly closed?: boolean
  /** Nothing came for 4 s. */
  readonly noResponse?: boolean
  readonly errorCodes?: readonly { readonly path: string; readonly code: number }[]
  readonly messages?: Readonly<Record<string, string>>
  readonly correlationIds?: readonly number[]
}

export interface RecordedExchange {
  readonly request: RecordedRequest
  readonly response: RecordedResponse
}

export interface RecordedCase extends RecordedExchange {
  readonly name: string
  readonly note?: string
  /** What went over the same connection before. */
  readonly before?: readonly RecordedExchange[]
}

export function readCases(file: URL): readonly RecordedCase[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as RecordedCase)
}

/** What the client wrote, lengths included. */
export function bytesOf(request: RecordedRequest): Buffer {
  if (request.rawHex !== undefined) return Buffer.from(request.rawHex, 'hex')
  const start = Buffer.from(request.hex ?? request.hexStart ?? '', 'hex')
  if (request.bytes === undefined) return framed(start)
  const frame = Buffer.alloc(request.bytes, start.at(-1))
  start.copy(frame)
  // No headers, no tagged fields in partition, topic and request.
  frame.fill(0, frame.length - 4)
  return framed(frame)
}

export function framed(frame: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(frame.length)
  return Buffer.concat([length, frame])
}

/** The key of the API that the first request is about; undefined for what is not even a request. */
export function apiKeyOf(request: RecordedRequest): number | undefined {
  const bytes = bytesOf(request)
  return bytes.length < 6 || bytes.readInt32BE(0) < 8 ? undefined : bytes.readInt16BE(4)
}

/** A body with its buffers as hex, to be compared and shown. */
export type Plain = null | string | number | boolean | readonly Plain[] | { readonly [field: string]: Plain }

export function plain(value: unknown): Plain {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, plain(item)]))
  }
  return value as Plain
}

/** Fields with values that a broker makes up: what the recorded broker said there stands for what this one says. */
const inventedFields = new Set(['topicId', 'memberId', 'sessionId', 'producerId'])
/** Fields that repeat an invented value under another name. */
const fieldAliases: Readonly<Record<string, string>> = { leader: 'memberId' }
const isNothing = (value: unknown) => value === '' || value === 0 || value === -1 || value === 'AAAAAAAAAAAAAAAAAAAAAA'

/** Translates the recorded broker's invented values into those of the broker under test. */
export class Translation {
  readonly #values = new Map<string, unknown>()

  /** From here on `recorded` means `actual`; the first meaning stays. */
  learn(field: string, recorded: unknown, actual: unknown): void {
    const key = `${field} ${String(recorded)}`
    if (!this.#values.has(key)) this.#values.set(key, actual)
  }

  /** Learns from two answers to the same request. */
  learnFrom(recorded: Plain, actual: Plain, field = ''): void {
    if (Array.isArray(recorded) && Array.isArray(actual)) {
      for (const [index, item] of recorded.entries()) this.learnFrom(item, actual[index] ?? null, field)
      return
    }
    if (isRecord(recorded) && isRecord(actual)) {
      for (const [name, item] of Object.entries(recorded)) this.learnFrom(item, actual[name] ?? null, name)
      return
    }
    if (inventedFields.has(field) && !isNothing(recorded) && !isNothing(actual)) this.learn(field, recorded, actual)
  }

  /** A copy of `value` with everything translated that is known. */
  apply(value: unknown, field = ''): unknown {
    if (Array.isArray(value)) return value.map((item) => this.apply(item, field))
    if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.apply(item, name)]))
    }
    const key = `${fieldAliases[field] ?? field} ${String(value)}`
    return this.#values.has(key) ? this.#values.get(key) : value
  }

  /** The same request for the broker under test. */
  request(recorded: RecordedRequest, change: (body: unknown) => unknown = (body) => body): Buffer {
    const bytes = bytesOf(recorded)
    // What was written as bytes has a reason: it is no good request, or more than one.
    if (recorded.rawHex !== undefined || recorded.hexStart !== undefined) return bytes
    const frame = bytes.subarray(4)
    const { api, apiVersion, correlationId, clientId, bodyPosition } = decodeRequestHeader(frame)
    const typed = api as TypedApi
    const body = change(this.apply(decodeRequestBody(typed, apiVersion, frame, bodyPosition)))
    return Buffer.concat(encodeRequest(typed, apiVersion, { correlationId, clientId }, body as object) as Buffer[])
  }
}

function isRecord(value: Plain): value is { readonly [field: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An answer to a recorded request; ApiVersions of an unknown version is answered as version 0. */
export function decodeAnswer(request: RecordedRequest, answer: Buffer): { correlationId: number; body: Plain } {
  const { api, apiVersion } = decodeRequestHeader(bytesOf(request).subarray(4))
  const typed = api as TypedApi
  const isKnown = apiVersion >= typed.versions.min && apiVersion <= typed.versions.max
  const { correlationId, body } = decodeResponse(typed, isKnown ? apiVersion : 0, answer)
  return { correlationId, body: plain(body) }
}

/** A batch with other bytes at `position`, its CRC right again. */
export function patchBatch(batch: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  BatchHeader.seal(copy, 0)
  return copy
}

/** What differs between any two brokers, or is told by other tests: where it runs, and how much it serves. */
const incomparableFields = new Set(['port', 'clusterId', 'apiKeys', 'finalizedFeaturesEpoch'])
const messageFields = new Set(['errorMessage', 'batchIndexErrorMessage'])

/**
 * Two answers as they have to be equal. Where Kafka says nothing about an error we may; lists of named things have no order, for
 * Kafka's is that of a hash map.
 */
export function comparable(
  recorded: Plain,
  actual: Plain,
  options: { readonly withMessages: boolean },
): { readonly expected: Plain; readonly actual: Plain } {
  const [left, right] = strip(recorded, actual, '', options)
  return { expected: left, actual: right }
}

function strip(
  recorded: Plain,
  actual: Plain,
  field: string,
  options: { readonly withMessages: boolean },
): [Plain, Plain] {
  const isSilent = messageFields.has(field) && (recorded === null || recorded === '' || !options.withMessages)
  if (incomparableFields.has(field) || isSilent) return [null, null]
  if (Array.isArray(recorded) && Array.isArray(actual)) {
    const [a, b] = [inOrder(recorded), inOrder(actual)]
    const pairs = a.map((item, index) => strip(item, b[index] ?? null, '', options))
    return [pairs.map(([left]) => left), [...pairs.map(([, right]) => right), ...b.slice(a.length)]]
  }
  if (isRecord(recorded) && isRecord(actual)) {
    const pairs = Object.keys(recorded).map((name) => {
      return [name, strip(recorded[name] ?? null, actual[name] ?? null, name, options)] as const
    })
    return [
      Object.fromEntries(pairs.map(([name, [left]]) => [name, left])),
      Object.fromEntries(pairs.map(([name, [, right]]) => [name, right])),
    ]
  }
  return [recorded, actual]
}

function inOrder(items: readonly Plain[]): readonly Plain[] {
  const nameOf = (item: Plain) => (isRecord(item) && typeof item.name === 'string' ? item.name : '')
  return items.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))
}

/** The value at a path such as `Topics[0].ErrorCode`, whose names begin with a capital letter. */
export function valueAt(body: Plain, path: string): Plain | undefined {
  let value: unknown = body
  for (const step of path.split('.')) {
    const match = /^(\w+?)(?:\[(\d+)\])?$/.exec(step)
    const name = match?.[1] ?? ''
    value = (value as Record<string, unknown> | undefined)?.[name.charAt(0).toLowerCase() + name.slice(1)]
    if (match?.[2] !== undefined) value = (value as unknown[] | undefined)?.[Number(match[2])]
  }
  return value as Plain | undefined
}
