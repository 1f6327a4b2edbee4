/** Data with an int16 version before it: consumer protocol, principals, control record keys. */
import { joinChunks } from '../chunk.ts'
import { type DecodeOptions, decodeBody, encodeInto } from '../schema/codec.ts'
import { DecodeError } from '../schema/decode-error.ts'
import type { Fields, Input, Static } from '../schema/field.ts'
import type { Schema } from '../schema/schema.ts'
import { Writer } from '../schema/writer.ts'

/** Throws EncodeError. */
export function encodeVersioned<const F extends Fields>(schema: Schema<F>, version: number, value: Input<F>): Buffer {
  const writer = new Writer()
  writer.int16(version)
  encodeInto(schema, version, value, writer)
  return joinChunks(writer.finish())
}

/** Throws DecodeError. */
export function readVersion<F>(schema: Schema<F>, bytes: Buffer): number {
  if (bytes.length >= 2) return bytes.readInt16BE(0)
  const reason = `${bytes.length} bytes cannot hold the version`
  throw new DecodeError({ code: 'truncated', api: schema.name, version: 0, field: '', position: 0, reason })
}

/** Throws DecodeError. */
export function decodeVersioned<const F extends Fields>(
  schema: Schema<F>,
  bytes: Buffer,
  options?: DecodeOptions,
): { readonly version: number; readonly data: Static<F> } {
  const version = readVersion(schema, bytes)
  return { version, data: decodeBody(schema, version, bytes, 2, options) }
}

/** As {@link decodeVersioned}, but versions above the newest known are read with its layout, and what they add is left alone. */
export function decodeCompatible<const F extends Fields>(
  schema: Schema<F>,
  bytes: Buffer,
): { readonly version: number; readonly data: Static<F> } {
  const version = readVersion(schema, bytes)
  const layout = Math.min(version, schema.versions.max)
  return { version, data: decodeBody(schema, layout, bytes, 2, { allowTrailing: true }) }
}
