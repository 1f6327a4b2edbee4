/** Requests and answers recorded from Apache Kafka 4.3.1: our answers are the same to the byte, but for the uuids in member ids. */
import { readFileSync } from 'node:fs'
import {
  type ApiSpec,
  apiByKey,
  coordinatorPartition,
  DescribeGroups,
  type DescribeGroupsRequest,
  decodeRequestBody,
  decodeRequestHeader,
  encodeBatch,
  encodeResponse,
  joinChunks,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { GroupCoordinator } from '../src/group-coordinator.ts'
import { encodeGroupEntry, type GroupEntry } from '../src/groups/records.ts'
import type { RequestContext } from '../src/groups/requests.ts'
import { MemoryLog } from '../src/runtime/memory-log.ts'
import { Bench, flush, watch } from './bench.ts'

function lines<T>(name: string): T[] {
  const text = readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

type Handler = (request: never, context: RequestContext) => Promise<unknown>

const handlers: Readonly<Record<number, (coordinator: GroupCoordinator) => Handler>> = {
  8: (coordinator) => coordinator.commitOffsets.bind(coordinator),
  9: (coordinator) => coordinator.fetchOffsets.bind(coordinator),
  11: (coordinator) => coordinator.joinGroup.bind(coordinator),
  12: (coordinator) => coordinator.heartbeat.bind(coordinator),
  13: (coordinator) => coordinator.leaveGroup.bind(coordinator),
  14: (coordinator) => coordinator.syncGroup.bind(coordinator),
  15: (coordinator) => coordinator.describeGroups.bind(coordinator),
  42: (coordinator) => coordinator.deleteGroups.bind(coordinator),
  47: (coordinator) => coordinator.deleteOffsets.bind(coordinator),
}

/** Sends recorded requests to a coordinator, translating member ids, which are of the same length on both sides. */
class Replay {
  readonly bench: Bench
  /** Ours by Kafka's, in hex. */
  readonly #ids = new Map<string, string>()

  constructor(bench: Bench) {
    this.bench = bench
  }

  send(hex: string): { value: string | undefined } {
    let translated = hex
    for (const [kafka, ours] of this.#ids) translated = translated.replaceAll(kafka, ours)
    const frame = Buffer.from(translated, 'hex')
    const { api, apiKey, apiVersion, correlationId, clientId, bodyPosition } = decodeRequestHeader(frame)
    const body = decodeRequestBody(api as ApiSpec, apiVersion, frame, bodyPosition)
    const context = { apiVersion, clientId, clientHost: '/127.0.0.1' }
    const handle = handlers[apiKey]?.(this.bench.coordinator) as Handler
    const answer = handle(body as never, context).then((response) => {
      if (apiKey === DescribeGroups.key) this.#authorize(body as object as DescribeGroupsRequest, response)
      const chunks = encodeResponse(api as ApiSpec, apiVersion, correlationId, response as never)
      return joinChunks(chunks).subarray(4).toString('hex')
    })
    return watch(answer)
  }

  /** What the broker puts in: all operations, as on a broker without an authorizer. */
  #authorize(request: DescribeGroupsRequest, response: unknown): void {
    if (!request.includeAuthorizedOperations) return
    const { groups } = response as { groups: { authorizedOperations: number }[] }
    for (const group of groups) group.authorizedOperations = 0xd48
  }

  /** Learns the ids that our answer has in place of those of the recorded one, and returns ours with Kafka's. */
  translate(ours: string, kafka: string): string {
    const uuid = /2d(?:3[0-9]|6[1-6]){8}2d(?:(?:3[0-9]|6[1-6]){4}2d){3}(?:3[0-9]|6[1-6]){12}/g
    const known = new Set(this.#ids.values())
    const mine = [...ours.matchAll(uuid)].map(([id]) => id)
    const theirs = [...kafka.matchAll(uuid)].map(([id]) => id)
    mine.forEach((id, index) => {
      const other = theirs[index]
      if (!known.has(id) && other !== undefined && !this.#ids.has(other)) this.#ids.set(other, id)
    })
    let translated = ours
    for (const [other, id] of this.#ids) translated = translated.replaceAll(id, other)
    return translated
  }
}

/** Records of a consumer group (KIP-848) with a member: such groups are not run here, and so cannot be made by requests. */
function consumerGroup(groupId: string): GroupEntry[] {
  const member = {
    instanceId: null,
    rackId: null,
    clientId: 'client',
    clientHost: '/127.0.0.1',
    subscribedTopicNames: ['e1'],
    subscribedTopicRegex: '',
    rebalanceTimeoutMs: 300_000,
    serverAssignor: null,
    classicMemberMetadata: null,
  }
  return [
    { type: 'ConsumerGroupMemberMetadata', key: { groupId, memberId: 'm' }, value: member, version: 0 },
    { type: 'ConsumerGroupMetadata', key: { groupId }, value: { epoch: 2, metadataHash: 0n }, version: 0 },
  ]
}

describe('the answers of Apache Kafka', () => {
  it('to requests that are wrong in some way', async () => {
    const log = new MemoryLog()
    log.append(encodeBatch(consumerGroup('ng').map((entry) => ({ timestamp: 0, ...encodeGroupEntry(entry) }))))
    const bench = await Bench.start({ config: { initialRebalanceDelayMs: 0 }, logs: [log] })
    bench.metadata.topics.clear()
    bench.metadata.topics.set('e1', { topicId: 'AAAAAAAAAAAAAAAAAAAAaw', partitionCount: 1 })
    const replay = new Replay(bench)
    const cases = lines<{ name: string; request: string; response: string }>('group-errors.jsonl')
    const differing: Record<string, unknown> = {}
    for (const { name, request, response } of cases) {
      const answer = replay.send(request)
      await flush()
      await bench.advance(20)
      const ours = replay.translate(answer.value ?? '', response)
      if (ours !== response) differing[name] = { ours, response }
    }
    expect(cases.length).toBeGreaterThan(40)
    expect(differing).toEqual({})
  })

  interface Frame {
    readonly client: string
    readonly dir: 'req' | 'res'
    readonly conn: number
    readonly id: number
    readonly apiKey: number
    readonly version: number
    readonly hex: string
  }
  const frames = lines<Frame>('wire-groups.jsonl')
  const clients = [...new Set(frames.map(({ client }) => client))]

  it.each(clients)('to the group requests of a session of %s', async (client) => {
    const bench = await Bench.start()
    bench.metadata.partitionCount = (name) => (name === '__consumer_offsets' ? undefined : 100)
    const replay = new Replay(bench)
    const open = new Map<string, ReturnType<Replay['send']>>()
    for (const { dir, conn, id, hex, apiKey, version } of frames.filter((frame) => frame.client === client)) {
      const key = `${conn} ${id}`
      if (dir === 'req') {
        open.set(key, replay.send(hex))
        await flush()
        continue
      }
      const answer = open.get(key)
      if (answer === undefined) continue
      for (let waited = 0; answer.value === undefined && waited < 10_000; waited += 500) await bench.advance(500)
      const what = `${apiByKey(apiKey)?.name} version ${version}, correlation id ${id}`
      expect(replay.translate(answer.value ?? '', hex), what).toBe(hex)
    }
  })
})

describe('the partition of a group', () => {
  const cases = JSON.parse(readFileSync(new URL('vectors/coordinator-partition.json', import.meta.url), 'utf8')) as {
    id: string
    partitionOf50: number
  }[]

  it('is the one of Apache Kafka', () => {
    const bench = new Bench({ config: { partitionCount: 50 } })
    for (const { id, partitionOf50 } of cases) {
      expect(bench.coordinator.partitionFor(id)).toBe(partitionOf50)
      expect(coordinatorPartition(id, 50)).toBe(partitionOf50)
    }
  })
})
