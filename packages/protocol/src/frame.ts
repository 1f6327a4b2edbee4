/** Whole messages: length, header and body. */
import type { Api, ApiSpec } from './api.ts'
import { apiByKey } from './apis.ts'
import type { Chunk } from './chunk.ts'
import { requestHeader, requestHeaderVersion, responseHeader, responseHeaderVersion } from './header.ts'
import { type DecodeOptions, decodeBody, decodeFrom, encodeInto } from './schema/codec.ts'
import { DecodeError } from './schema/decode-error.ts'
import { EncodeError } from './schema/encode-error.ts'
import type { Fields, Input, Static } from './schema/field.ts'
import { Reader } from './schema/reader.ts'
import type { Schema } from './schema/schema.ts'
import { Writer } from './schema/writer.ts'

/** Bytes of the length before a frame. */
export const frameLengthSize = 4

/** What a client puts into the header of a request. */
export interface RequestEnvelope {
  readonly correlationId: number
  readonly clientId: string | null
}

/** A request's header, and where its body starts. */
export interface DecodedRequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  /** Null also when the API is unknown: the header's layout is then unknown as well. */
  readonly clientId: string | null
  /** Where the body starts in the frame. */
  readonly bodyPosition: number
  /** Undefined for an unknown key. A known API may still lack `apiVersion`. */
  readonly api: ApiSpec | undefined
}

/** The frame of a request, with its 4-byte length. Throws EncodeError. */
export function encodeRequest<const Req extends Fields>(
  api: Api<Req, unknown>,
  version: number,
  header: RequestEnvelope,
  body: Input<Req>,
): Chunk[] {
  const { correlationId, clientId } = header
  const value = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId }
  return frame(api.request, version, body, (writer) =>
    encodeInto(requestHeader, requestHeaderVersion(api, version), value, writer),
  )
}

/** The frame of a response, with its 4-byte length. Throws EncodeError. */
export function encodeResponse<const Res extends Fields>(
  api: Api<unknown, Res>,
  version: number,
  correlationId: number,
  body: Input<Res>,
): Chunk[] {
  return frame(api.response, version, body, (writer) =>
    encodeInto(responseHeader, responseHeaderVersion(api, version), { correlationId }, writer),
  )
}

function frame<const F extends Fields>(
  schema: Schema<F>,
  version: number,
  body: Input<F>,
  writeHeader: (writer: Writer) => void,
): Chunk[] {
  const writer = new Writer()
  writer.int32(0)
  writeHeader(writer)
  encodeInto(schema, version, body, writer)
  const length = writer.size - frameLengthSize
  if (length > 0x7fff_ffff) {
    const reason = `a frame of ${length} bytes does not fit into its length field`
    throw new EncodeError({ code: 'too-large', api: schema.name, version, field: '', reason })
  }
  const chunks = writer.finish()
  const first = chunks[0] as Buffer
  first.writeInt32BE(length, 0)
  return chunks
}

/**
 * Reads a request's header from a frame without its length. Throws DecodeError when not even that is there. The version is not
 * checked: an unsupported one still has a header (and ApiVersions still gets an answer).
 */
export function decodeRequestHeader(frame: Buffer): DecodedRequestHeader {
  if (frame.length < 8) {
    const reason = `a frame of ${frame.length} bytes cannot hold a header`
    throw new DecodeError({ code: 'truncated', api: requestHeader.name, version: 1, field: '', position: 0, reason })
  }
  const apiKey = frame.readInt16BE(0)
  const apiVersion = frame.readInt16BE(2)
  const api = apiByKey(apiKey)
  if (api === undefined) {
    return { apiKey, apiVersion, correlationId: frame.readInt32BE(4), clientId: null, bodyPosition: 8, api }
  }
  const reader = new Reader(frame)
  const { correlationId, clientId } = decodeFrom(requestHeader, requestHeaderVersion(api, apiVersion), reader)
  return { apiKey, apiVersion, correlationId, clientId, bodyPosition: reader.position, api }
}

/** Decodes the body of a request that starts at `bodyPosition`; its buffers are views into the frame. Throws DecodeError. */
export function decodeRequestBody<const Req extends Fields>(
  api: Api<Req, unknown>,
  version: number,
  frame: Buffer,
  bodyPosition: number,
  options?: DecodeOptions,
): Static<Req> {
  return decodeBody(api.request, version, frame, bodyPosition, options)
}

/** Reads the correlation id of a response frame without its length: what says which request, and so which layout, it has. */
export function readCorrelationId(frame: Buffer): number {
  if (frame.length >= 4) return frame.readInt32BE(0)
  const reason = `a frame of ${frame.length} bytes cannot hold a header`
  throw new DecodeError({ code: 'truncated', api: responseHeader.name, version: 0, field: '', position: 0, reason })
}

/** Decodes a response frame without its length; its buffers are views into the frame. Throws DecodeError. */
export function decodeResponse<const Res extends Fields>(
  api: Api<unknown, Res>,
  version: number,
  frame: Buffer,
  options?: DecodeOptions,
): { readonly correlationId: number; readonly body: Static<Res> } {
  const reader = new Reader(frame)
  const { correlationId } = decodeFrom(responseHeader, responseHeaderVersion(api, version), reader)
  return { correlationId, body: decodeBody(api.response, version, frame, reader.position, options) }
}
