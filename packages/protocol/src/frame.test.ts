import { describe, expect, it } from 'vitest'
import { Produce } from './apis/00-produce.ts'
import { Fetch } from './apis/01-fetch.ts'
import { Metadata } from './apis/03-metadata.ts'
import { Heartbeat } from './apis/12-heartbeat.ts'
import { ApiVersions } from './apis/18-api-versions.ts'
import { chunksSize, joinChunks } from './chunk.ts'
import {
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  frameLengthSize,
  readCorrelationId,
} from './frame.ts'
import { requestHeaderVersion, responseHeaderVersion } from './header.ts'

const header = { correlationId: 77, clientId: 'me' }
/** A frame as the receiver has it. */
const received = (chunks: ReturnType<typeof encodeRequest>) => joinChunks(chunks).subarray(frameLengthSize)

describe('requests', () => {
  it.each([[3], [4]])('come back as they were sent, Heartbeat version %i', (version) => {
    const body = { groupId: 'g', generationId: 3, memberId: 'm', groupInstanceId: null }
    const chunks = encodeRequest(Heartbeat, version, header, body)
    expect((chunks[0] as Buffer).readInt32BE(0)).toBe(chunksSize(chunks) - 4)
    const frame = received(chunks)
    const decoded = decodeRequestHeader(frame)
    expect(decoded).toMatchObject({
      apiKey: 12,
      apiVersion: version,
      correlationId: 77,
      clientId: 'me',
      api: Heartbeat,
    })
    expect(decodeRequestBody(Heartbeat, version, frame, decoded.bodyPosition)).toEqual(body)
  })

  it('keep the int16 length of the client id in flexible headers', () => {
    expect(received(encodeRequest(ApiVersions, 3, header, {})).toString('hex')).toBe(
      '00120003' + '0000004d' + '00026d65' + '00' + '010100',
    )
    expect(received(encodeRequest(ApiVersions, 0, { correlationId: 1, clientId: null }, {})).toString('hex')).toBe(
      '00120000' + '00000001' + 'ffff',
    )
  })

  it('may have a length that counts bytes which are elsewhere', () => {
    const records = { byteLength: 100_000 }
    const topicData = [{ name: 't', partitionData: [{ records }] }]
    const chunks = encodeRequest(Produce, 9, header, { acks: -1, topicData })
    expect((chunks[0] as Buffer).readInt32BE(0)).toBe(chunksSize(chunks) - 4)
    expect(chunks).toContain(records)
  })

  it('beyond the length field are refused', () => {
    const topicData = [{ name: 't', partitionData: [{ records: { byteLength: 0x7fff_fff0 } }] }]
    expect(() => encodeRequest(Produce, 9, header, { topicData })).toThrow('length field')
  })
})

describe('decodeRequestHeader', () => {
  it('reads headers of versions that do not exist: an answer may still be due', () => {
    const tooNew = Buffer.from('0012006300000007000178' + '00', 'hex')
    expect(decodeRequestHeader(tooNew)).toMatchObject({
      apiVersion: 99,
      correlationId: 7,
      clientId: 'x',
      bodyPosition: 12,
    })
    const negative = Buffer.from('0012ffff00000007000178', 'hex')
    expect(decodeRequestHeader(negative)).toMatchObject({ apiVersion: -1, correlationId: 7, clientId: 'x' })
    expect([
      requestHeaderVersion(ApiVersions, 99),
      requestHeaderVersion(Fetch, 99),
      requestHeaderVersion(Produce, 0),
    ]).toEqual([2, 2, 1])
  })

  it('gives key, version and correlation id of unknown APIs, and of the removed ones', () => {
    expect(decodeRequestHeader(Buffer.from('03e7000000000001000178', 'hex'))).toEqual({
      apiKey: 999,
      apiVersion: 0,
      correlationId: 1,
      clientId: null,
      bodyPosition: 8,
      api: undefined,
    })
    expect(decodeRequestHeader(Buffer.from('0004000000000001000178', 'hex')).api).toBeUndefined()
  })

  it.each(['', '0012', '00120003000000', '0012000300000001', '00120003000000010005aa', '001200030000000100026d65'])(
    'refuses the cut header "%s"',
    (hex) => {
      expect(() => decodeRequestHeader(Buffer.from(hex, 'hex'))).toThrow(/RequestHeader version [12].* at byte/)
    },
  )
})

describe('decodeRequestBody', () => {
  it('leaves bytes after the body alone only when told to, as Kafka brokers do', () => {
    const frame = Buffer.concat([received(encodeRequest(Metadata, 12, header, {})), Buffer.alloc(4)])
    const { bodyPosition } = decodeRequestHeader(frame)
    expect(() => decodeRequestBody(Metadata, 12, frame, bodyPosition)).toThrow('4 bytes follow')
    expect(decodeRequestBody(Metadata, 12, frame, bodyPosition, { allowTrailing: true })).toMatchObject({ topics: [] })
  })
})

describe('responses', () => {
  it('come back as they were sent', () => {
    for (const version of [0, 1, 4]) {
      const frame = received(encodeResponse(Heartbeat, version, 5, { errorCode: 27 }))
      expect(readCorrelationId(frame)).toBe(5)
      expect(decodeResponse(Heartbeat, version, frame)).toEqual({
        correlationId: 5,
        body: { throttleTimeMs: 0, errorCode: 27 },
      })
    }
  })

  it('of ApiVersions have header version 0 in every version, also the flexible ones', () => {
    expect([0, 3, 4].map((version) => responseHeaderVersion(ApiVersions, version))).toEqual([0, 0, 0])
    expect([11, 12].map((version) => responseHeaderVersion(Fetch, version))).toEqual([0, 1])
    const unsupported = encodeResponse(ApiVersions, 0, 7, {
      errorCode: 35,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
    })
    expect(received(unsupported).toString('hex')).toBe('00000007002300000001001200000004')
  })

  it('that are cut are refused', () => {
    expect(() => readCorrelationId(Buffer.alloc(3))).toThrow('3 bytes')
    expect(() => decodeResponse(Heartbeat, 4, Buffer.alloc(4))).toThrow('ResponseHeader version 1')
  })
})
