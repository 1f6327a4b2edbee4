/** The codec of a schema: per version a reader and a writer, made when first needed and then kept. */
import { type Chunk, joinChunks } from '../chunk.ts'
import { structReader } from './decode.ts'
import { DecodeError, type DecodeErrorCode } from './decode-error.ts'
import { structWriter, type Write } from './encode.ts'
import { EncodeError, type EncodeErrorCode } from './encode-error.ts'
import { Failure } from './failure.ts'
import type { Fields, Input, Static } from './field.ts'
import { planSchema } from './plan.ts'
import { Reader } from './reader.ts'
import type { Schema } from './schema.ts'
import { Writer } from './writer.ts'

type ReadStruct = (reader: Reader) => Record<string, unknown>

interface VersionCodec {
  read: ReadStruct | undefined
  write: Write | undefined
}

const codecs = new WeakMap<Schema, VersionCodec[]>()

function codecOf(schema: Schema, version: number): VersionCodec | undefined {
  const { min, max } = schema.versions
  if (!Number.isInteger(version) || version < min || version > max) return undefined
  let versions = codecs.get(schema)
  if (versions === undefined) {
    versions = Array.from({ length: max - min + 1 }, () => ({ read: undefined, write: undefined }))
    codecs.set(schema, versions)
  }
  return versions[version - min]
}

function unsupported(schema: Schema, version: number): string {
  return `version ${version} does not exist, ${schema.name} has ${schema.versions.min} to ${schema.versions.max}`
}

/** How strict decoding is. */
export interface DecodeOptions {
  /** Bytes after the message are left alone; without it they are an error. */
  readonly allowTrailing?: boolean
}

/** Decodes from `reader`'s position on, and leaves it behind the message. Throws DecodeError. */
export function decodeFrom<const F extends Fields>(schema: Schema<F>, version: number, reader: Reader): Static<F> {
  const codec = codecOf(schema, version)
  if (codec === undefined) {
    const position = reader.position
    const reason = unsupported(schema, version)
    throw new DecodeError({ code: 'unsupported-version', api: schema.name, version, field: '', position, reason })
  }
  codec.read ??= structReader(planSchema(schema, version))
  try {
    return codec.read(reader) as Static<F>
  } catch (error) {
    throw decodeError(error, schema, version)
  }
}

/** An inner failure with the message it happened in; anything else as it is. */
export function decodeError(error: unknown, schema: Schema, version: number): unknown {
  if (!(error instanceof Failure)) return error
  const { code, path, position, reason } = error as Failure<DecodeErrorCode>
  return new DecodeError({ code, api: schema.name, version, field: path, position, reason })
}

/**
 * Decodes a message that starts at `position` and ends with `bytes`. Buffers in the result are views into `bytes`: copy what
 * outlives them. Throws DecodeError.
 */
export function decodeBody<const F extends Fields>(
  schema: Schema<F>,
  version: number,
  bytes: Buffer,
  position = 0,
  options: DecodeOptions = {},
): Static<F> {
  const reader = new Reader(bytes, position)
  const value = decodeFrom(schema, version, reader)
  if (reader.remaining > 0 && options.allowTrailing !== true) {
    const reason = `${reader.remaining} bytes follow the message`
    const at = reader.position
    throw new DecodeError({ code: 'trailing-bytes', api: schema.name, version, field: '', position: at, reason })
  }
  return value
}

/** Encodes into `writer`. Throws EncodeError. */
export function encodeInto<const F extends Fields>(
  schema: Schema<F>,
  version: number,
  value: Input<F>,
  writer: Writer,
): void {
  const codec = codecOf(schema, version)
  if (codec === undefined) {
    const reason = unsupported(schema, version)
    throw new EncodeError({ code: 'unsupported-version', api: schema.name, version, field: '', reason })
  }
  codec.write ??= structWriter(planSchema(schema, version))
  try {
    codec.write(writer, value)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { code, path, reason } = error as Failure<EncodeErrorCode>
    throw new EncodeError({ code, api: schema.name, version, field: path, reason })
  }
}

/** Encodes a request, response or record, without header and frame. Fields left out have their default. Throws EncodeError. */
export function encodeBody<const F extends Fields>(schema: Schema<F>, version: number, value: Input<F>): Chunk[] {
  const writer = new Writer()
  encodeInto(schema, version, value, writer)
  return writer.finish()
}

/** {@link encodeBody} as one buffer, for messages that carry no external bytes. */
export function encodeBytes<const F extends Fields>(schema: Schema<F>, version: number, value: Input<F>): Buffer {
  return joinChunks(encodeBody(schema, version, value))
}
