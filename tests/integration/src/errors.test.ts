/** The 289 exchanges that were recorded with Apache Kafka 4.3.1, most of them with something wrong in the request, had again with a broker. */
import { ApiVersions, apiByKey, apis } from '@millrace/protocol'
import { type Cluster, startCluster } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  apiKeyOf,
  comparable,
  decodeAnswer,
  type Plain,
  type RecordedCase,
  type RecordedExchange,
  readCases,
  Translation,
  valueAt,
} from './recorded.ts'
import { changeFor, dependencies, differences, ownWords, prepare, restOfFrame } from './recorded-broker.ts'
import { closed, Wire } from './wire.ts'

const cases = readCases(new URL('../vectors/errors.jsonl', import.meta.url))

/** APIs that are not served yet, and how many cases wait for each. One that comes to be served brings its cases with it. */
const notServed: Readonly<Record<string, number>> = {
  AddOffsetsToTxn: 1,
  AddPartitionsToTxn: 5,
  AlterClientQuotas: 3,
  AlterPartitionReassignments: 2,
  AlterUserScramCredentials: 3,
  ConsumerGroupDescribe: 2,
  ConsumerGroupHeartbeat: 24,
  CreateAcls: 1,
  CreateDelegationToken: 1,
  DescribeAcls: 1,
  DescribeTransactions: 1,
  DescribeUserScramCredentials: 1,
  ElectLeaders: 2,
  EndTxn: 16,
  GetTelemetrySubscriptions: 1,
  ListTransactions: 2,
  PushTelemetry: 1,
  SaslAuthenticate: 1,
  SaslHandshake: 1,
  ShareFetch: 1,
  ShareGroupHeartbeat: 1,
  TxnOffsetCommit: 1,
  UnregisterBroker: 1,
  UpdateFeatures: 3,
}

/** The API that has to be served for a case to make sense. */
function neededApi(recorded: RecordedCase): string | undefined {
  const key = apiKeyOf(recorded.request)
  const api = key === undefined ? undefined : apiByKey(key)
  if (api === undefined || !api.listeners.includes('broker')) return undefined
  return dependencies[recorded.name] ?? api.name
}

const isServed = (recorded: RecordedCase) => notServed[neededApi(recorded) ?? ''] === undefined
const runnable = cases.filter(isServed)

const translation = new Translation()
let cluster: Cluster

beforeAll(async () => {
  cluster = await startCluster()
  await prepare(cluster.bootstrapServers, translation)
})

afterAll(() => cluster.stop())

/** Has one exchange again. Answers the decoded answer, when there was one. */
async function repeat(wire: Wire, { request, response }: RecordedExchange, name: string): Promise<Plain | undefined> {
  wire.write(translation.request(request, changeFor(name)))
  const isAnswered = response.hex !== undefined || differences[name] !== undefined
  if (response.closed === true) {
    expect(await wire.frame(), 'the connection').toBe(closed)
    return undefined
  }
  if (!isAnswered) return undefined
  const frame = await wire.frame()
  if (frame === closed) throw new Error('The connection was closed instead of an answer')
  const { body } = decodeAnswer(request, frame)
  if (response.hex === undefined) return body
  const recorded = decodeAnswer(request, Buffer.from(response.hex, 'hex')).body
  translation.learnFrom(recorded, body)
  return body
}

function expectSame(name: string, { request, response }: RecordedExchange, body: Plain): void {
  const difference = differences[name]
  if (difference !== undefined) {
    for (const [path, value] of Object.entries(difference.answers)) expect(valueAt(body, path), path).toBe(value)
    return
  }
  for (const { path, code } of response.errorCodes ?? []) expect(valueAt(body, path), path).toBe(code)
  if (response.hex === undefined) return
  const recorded = translation.apply(decodeAnswer(request, Buffer.from(response.hex, 'hex')).body) as Plain
  const options = { withMessages: !ownWords.has(name) }
  const { expected, actual } = comparable(recorded, body, options)
  expect(actual).toEqual(expected)
}

describe('a broker answers as Apache Kafka did', () => {
  it.each(runnable.map((recorded) => [recorded.name, recorded] as const))('%s', async (name, recorded) => {
    const wire = await Wire.connect(cluster.bootstrapServers)
    for (const exchange of recorded.before ?? []) {
      const body = await repeat(wire, exchange, '')
      if (body !== undefined) expectSame('', exchange, body)
    }
    const body = await repeat(wire, recorded, name)
    if (body !== undefined) expectSame(name, recorded, body)
    if (recorded.response.secondHex !== undefined) await expectSecond(wire, recorded)
    if (recorded.response.noResponse === true && body === undefined) await expectSilence(wire, recorded)
    wire.close()
  })

  /** Two requests in one write: the second answer is an ApiVersions of version 0. */
  async function expectSecond(wire: Wire, { response }: RecordedCase): Promise<void> {
    const frame = await wire.frame()
    if (frame === closed) throw new Error('The connection was closed before the second answer')
    expect(frame.readInt32BE(0)).toBe(response.correlationIds?.[1])
  }

  /** Nothing came: the first answer on the connection is that of a request that is made now. */
  async function expectSilence(wire: Wire, recorded: RecordedCase): Promise<void> {
    const rest = restOfFrame(recorded)
    if (rest !== undefined) {
      wire.write(rest)
      expect(await wire.frame()).not.toBe(closed)
    }
    await wire.send(ApiVersions, 0, {})
  }
})

describe('the cases that are not run', () => {
  it('belong to APIs that the broker does not serve', async () => {
    const wire = await Wire.connect(cluster.bootstrapServers)
    const { apiKeys } = await wire.send(ApiVersions, 0, {})
    wire.close()
    const served = new Set(apiKeys.map(({ apiKey }) => apiKey))
    const named = apis.filter(({ name }) => notServed[name] !== undefined)
    expect(named.filter(({ key }) => served.has(key)).map(({ name }) => name)).toEqual([])
    expect(named).toHaveLength(Object.keys(notServed).length)
  })

  it('are as many as the table says', () => {
    const counts: Record<string, number> = {}
    for (const recorded of cases) {
      const api = neededApi(recorded)
      if (api !== undefined && notServed[api] !== undefined) counts[api] = (counts[api] ?? 0) + 1
    }
    expect(counts).toEqual(notServed)
    expect(cases).toHaveLength(289)
  })
})

describe('the tables about single cases', () => {
  it('name cases that exist', () => {
    const names = new Set(cases.map(({ name }) => name))
    const named = [...Object.keys(differences), ...ownWords, ...Object.keys(dependencies)]
    expect(named.filter((name) => !names.has(name))).toEqual([])
  })
})
