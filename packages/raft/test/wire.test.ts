/** Frames that Apache Kafka 4.3.1's controllers sent each other, through the machine's messages and back to the same bytes. */
import { readFileSync } from 'node:fs'
import {
  apiByKey,
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  joinChunks,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { RaftResponse } from '../src/index.ts'
import { fromWireRequest, type RaftRequestBodies } from '../src/wire/incoming-request.ts'
import { fromWireResponse, type RaftResponseBodies } from '../src/wire/incoming-response.ts'
import {
  describeQuorumResponse,
  fetchResponse,
  fetchSnapshotResponse,
  quorumEpochResponse,
  updateVoterResponse,
  voteResponse,
  voterChangeResponse,
} from '../src/wire/outgoing-reply.ts'
import { toWireRequest } from '../src/wire/outgoing-request.ts'

interface Recorded {
  readonly scenario: string
  readonly direction: 'req' | 'res'
  readonly apiKey: number
  readonly apiVersion: number
  readonly hex: string
}

const recorded: Recorded[] = readFileSync(new URL('./vectors/apache-kafka-quorum.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

/** The whole records as one batch: how they are cut is another test's matter. */
const asOneBatch = (bytes: Buffer) =>
  bytes.length === 0 ? [] : [{ baseOffset: 0, lastOffset: 0, epoch: 0, control: undefined, bytes }]

function bodyOf(response: RaftResponse, version: number) {
  switch (response.kind) {
    case 'Vote':
      return voteResponse(response, version)
    case 'BeginQuorumEpoch':
    case 'EndQuorumEpoch':
      return quorumEpochResponse(response, version)
    case 'Fetch': {
      const records = Buffer.concat(response.batches.map(({ bytes }) => bytes))
      return fetchResponse({ ...response, read: undefined }, version, records)
    }
    case 'FetchSnapshot':
      return fetchSnapshotResponse({ ...response, read: undefined }, version, Buffer.from(response.bytes))
    case 'UpdateRaftVoter':
      return updateVoterResponse(response)
    case 'AddRaftVoter':
    case 'RemoveRaftVoter':
      return voterChangeResponse(response)
    default:
      return undefined
  }
}

describe('messages of the quorum', () => {
  it('are the bytes that Apache Kafka sends, read and written', () => {
    const seen = new Map<string, number>()
    for (const { scenario, direction, apiKey, apiVersion, hex } of recorded) {
      const api = apiByKey(apiKey)!
      const frame = Buffer.from(hex, 'hex')
      const label = `${scenario} ${api.name} v${apiVersion} ${direction}`
      const again = direction === 'req' ? requestAgain(frame) : responseAgain(frame, apiKey, apiVersion)
      if (again === undefined) continue
      expect(again.subarray(4).toString('hex'), label).toBe(hex)
      seen.set(`${api.name} ${direction}`, (seen.get(`${api.name} ${direction}`) ?? 0) + 1)
    }
    expect(Object.fromEntries(seen)).toMatchObject({
      'Vote req': expect.any(Number),
      'Vote res': expect.any(Number),
      'BeginQuorumEpoch req': expect.any(Number),
      'EndQuorumEpoch req': expect.any(Number),
      'Fetch req': expect.any(Number),
      'Fetch res': expect.any(Number),
      'FetchSnapshot req': expect.any(Number),
      'FetchSnapshot res': expect.any(Number),
      'AddRaftVoter req': expect.any(Number),
      'UpdateRaftVoter res': expect.any(Number),
    })
  })
})

function requestAgain(frame: Buffer): Buffer | undefined {
  const { api, apiVersion, bodyPosition, correlationId, clientId } = decodeRequestHeader(frame)
  const body = decodeRequestBody(api!, apiVersion, frame, bodyPosition)
  const request = fromWireRequest(api!.name as keyof RaftRequestBodies, body as never)
  if (request === undefined || request.kind === 'DescribeQuorum') return undefined
  const wire = toWireRequest(request)
  return joinChunks(encodeRequest(wire.api as never, wire.version, { correlationId, clientId }, wire.body as never))
}

function responseAgain(frame: Buffer, apiKey: number, apiVersion: number): Buffer | undefined {
  const api = apiByKey(apiKey)!
  const { correlationId, body } = decodeResponse(api, apiVersion, frame)
  if (api.name === 'DescribeQuorum') return undefined
  const response = fromWireResponse(api.name as keyof RaftResponseBodies, body as never, asOneBatch)
  expect(response, api.name).toBeDefined()
  if (response?.kind === 'ApiVersions') expect(response.kraftVersionMax).toBe(1)
  const again = bodyOf(response!, apiVersion)
  return again === undefined
    ? undefined
    : joinChunks(encodeResponse(api as never, apiVersion, correlationId, again as never))
}

describe('describeQuorumResponse', () => {
  it('turns times of the machine into wall clock time, and keeps "never"', () => {
    const report = {
      key: { id: 2, directoryId: 'node2-dir-AAAAAAAAAAAA' },
      endOffset: 5,
      lastFetchAt: 100.4,
      lastCaughtUpAt: -1,
    }
    const leader = { leaderId: 1, leaderEpoch: 3, leaderEndpoint: undefined }
    const lists = { voters: [report], observers: [], nodes: [] }
    const reply = { kind: 'DescribeQuorum', errorCode: 0, ...leader, highWatermark: 5, ...lists } as const
    const { topics, nodes } = describeQuorumResponse(reply, 2, 1000)
    expect(topics?.[0]?.partitions?.[0]?.currentVoters?.[0]).toEqual({
      replicaId: 2,
      replicaDirectoryId: 'node2-dir-AAAAAAAAAAAA',
      logEndOffset: 5,
      lastFetchTimestamp: 1100,
      lastCaughtUpTimestamp: -1,
    })
    expect(nodes).toEqual([])
    expect(describeQuorumResponse(reply, 1, 0)).not.toHaveProperty('nodes')
  })
})
