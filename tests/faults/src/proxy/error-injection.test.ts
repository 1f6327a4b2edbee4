import {
  type Api,
  ApiVersions,
  decodeResponse,
  ErrorCode,
  encodeResponse,
  Fetch,
  type Fields,
  Heartbeat,
  type Input,
  joinChunks,
  Metadata,
  OffsetFetch,
  Produce,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { canCarryError, canThrottle, hasErrorLevels, withError, withThrottle } from './error-injection.ts'

function reply<const Res extends Fields>(api: Api<unknown, Res>, version: number, body: Input<Res>): Buffer {
  return joinChunks(encodeResponse(api, version, 7, body)).subarray(4)
}

const code = ErrorCode.NOT_LEADER_OR_FOLLOWER
const partitions = [
  { index: 0, baseOffset: 5 },
  { index: 1, baseOffset: 9 },
]

describe('an error', () => {
  it('is written into every item, and all else stays', () => {
    const frame = reply(Produce, 11, { responses: [{ name: 'orders', partitionResponses: partitions }] })
    const changed = withError(Produce, 11, frame, 'NOT_LEADER_OR_FOLLOWER', 'everywhere') as Buffer
    const { correlationId, body } = decodeResponse(Produce, 11, changed)
    expect(correlationId).toBe(7)
    expect(body.responses[0]?.name).toBe('orders')
    expect(body.responses[0]?.partitionResponses).toMatchObject(
      partitions.map((partition) => ({ ...partition, errorCode: code })),
    )
  })

  it('is written on every level, or on the innermost only', () => {
    const body = { topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }] }
    const frame = reply(Metadata, 13, body)
    const everywhere = decodeResponse(Metadata, 13, withError(Metadata, 13, frame, 'LISTENER_NOT_FOUND', 'everywhere')!)
    const items = decodeResponse(Metadata, 13, withError(Metadata, 13, frame, 'LISTENER_NOT_FOUND', 'items')!)
    const codesOf = ({ errorCode, topics }: typeof everywhere.body) => {
      return [errorCode, topics[0]?.errorCode, topics[0]?.partitions[0]?.errorCode]
    }
    expect(codesOf(everywhere.body)).toEqual([72, 72, 72])
    expect(codesOf(items.body)).toEqual([0, 0, 72])
  })

  it('leaves alone the fields that the version does not have', () => {
    const frame = reply(Metadata, 12, { topics: [{ name: 'orders', partitions: [] }] })
    const { body } = decodeResponse(Metadata, 12, withError(Metadata, 12, frame, 'LEADER_NOT_AVAILABLE', 'everywhere')!)
    expect([body.errorCode, body.topics[0]?.errorCode]).toEqual([0, 5])
    const old = reply(OffsetFetch, 6, { errorCode: 0, topics: [] })
    expect(
      decodeResponse(OffsetFetch, 6, withError(OffsetFetch, 6, old, 'NOT_COORDINATOR', 'everywhere')!).body,
    ).toMatchObject({ errorCode: ErrorCode.NOT_COORDINATOR })
  })

  it('keeps the records of a fetch', () => {
    const records = Buffer.alloc(3000, 7)
    const frame = reply(Fetch, 12, { responses: [{ topic: 'orders', partitions: [{ partitionIndex: 0, records }] }] })
    const { body } = decodeResponse(Fetch, 12, withError(Fetch, 12, frame, 'KAFKA_STORAGE_ERROR', 'everywhere')!)
    expect(body.responses[0]?.partitions[0]).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, records })
  })

  it('has no place in a reply without items', () => {
    const frame = reply(Produce, 11, { responses: [] })
    expect(withError(Produce, 11, frame, 'NOT_LEADER_OR_FOLLOWER', 'everywhere')).toBeUndefined()
  })
})

describe('throttling', () => {
  it('is written where the version has it', () => {
    const changed = withThrottle(Heartbeat, 4, reply(Heartbeat, 4, { errorCode: 0 }), 300) as Buffer
    expect(decodeResponse(Heartbeat, 4, changed).body).toMatchObject({ errorCode: 0, throttleTimeMs: 300 })
    expect(withThrottle(Heartbeat, 0, reply(Heartbeat, 0, { errorCode: 0 }), 300)).toBeUndefined()
    expect([canThrottle(Heartbeat, 4), canThrottle(Heartbeat, 0)]).toEqual([true, false])
  })
})

describe('what a reply can carry', () => {
  it('follows from its declaration', () => {
    expect(canCarryError(Produce, 11)).toBe(true)
    expect(canCarryError(ApiVersions, 4)).toBe(true)
    expect([hasErrorLevels(Fetch, 12), hasErrorLevels(Fetch, 6), hasErrorLevels(Produce, 11)]).toEqual([
      true,
      false,
      false,
    ])
  })
})
