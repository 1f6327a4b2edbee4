/** What real clients and Apache Kafka 4.3.1 said to each other decodes to the last byte, and encodes to the same bytes. */
import { describe, expect, it } from 'vitest'
import {
  apiByKey,
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  joinChunks,
} from '../src/index.ts'
import { type WireFrame, wireFrames } from './wire-frames.ts'

const frames = wireFrames()
const clients = [...new Set(frames.map(({ client }) => client))]

function encodedAgain(frame: WireFrame): Buffer {
  const bytes = Buffer.from(frame.hex, 'hex')
  const api = apiByKey(frame.apiKey)
  if (api === undefined) throw new Error(`no API ${frame.apiKey}`)
  if (frame.dir === 'res') {
    const { correlationId, body } = decodeResponse(api, frame.apiVersion, bytes)
    expect(correlationId).toBe(frame.correlationId)
    return joinChunks(encodeResponse(api, frame.apiVersion, correlationId, body))
  }
  const header = decodeRequestHeader(bytes)
  expect(header).toMatchObject({ api, apiVersion: frame.apiVersion, correlationId: frame.correlationId })
  expect(header.clientId).toBe(frame.clientId ?? null)
  const body = decodeRequestBody(api, header.apiVersion, bytes, header.bodyPosition)
  return joinChunks(encodeRequest(api, header.apiVersion, header, body))
}

describe('recorded conversations', () => {
  it.each(clients)('%s', (client) => {
    const own = frames.filter((frame) => frame.client === client)
    expect(own.length).toBeGreaterThan(20)
    for (const frame of own) {
      const bytes = encodedAgain(frame)
      expect(bytes.readInt32BE(0)).toBe(bytes.length - 4)
      expect(bytes.subarray(4).toString('hex'), `${frame.dir} ${frame.apiKey} version ${frame.apiVersion}`).toBe(
        frame.hex,
      )
    }
  })
})
