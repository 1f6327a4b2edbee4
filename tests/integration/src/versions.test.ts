/** Every served API answers in every version that it says it speaks, and with nothing but what that version has. */
import { ApiVersions, apis, decodeResponse, encodeRequest, encodeResponse } from '@millrace/protocol'
import { type Cluster, startCluster } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTopic, joinAlone, produce } from './actions.ts'
import { framed } from './recorded.ts'
import { type Sample, type Stage, samples } from './samples.ts'
import { closed, Wire } from './wire.ts'

let cluster: Cluster
let stage: Stage

beforeAll(async () => {
  cluster = await startCluster()
  const wire = await Wire.connect(cluster.bootstrapServers)
  const topicId = await createTopic(wire, 'sweep')
  await produce(wire, 'sweep', ['swept'])
  await joinAlone(wire, 'sweep-members', 'sweep')
  stage = { wire, topic: 'sweep', topicId }
})

afterAll(async () => {
  stage.wire.close()
  await cluster.stop()
})

function versionsOf({ api }: Sample): readonly number[] {
  return Array.from({ length: api.stableMax - api.versions.min + 1 }, (_, index) => api.versions.min + index)
}

/** All codes in an answer but NONE. */
function errorCodes(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(errorCodes)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return []
  return Object.entries(value).flatMap(([field, item]) =>
    field.endsWith('rrorCode') ? [item as number].filter((code) => code !== 0) : errorCodes(item),
  )
}

describe.each(samples.map((each) => [`${each.api.name}, ${each.name}`, each] as const))('%s', (_, each) => {
  it.each(versionsOf(each))('version %i', async (version) => {
    const { api, body, codes } = each
    const header = { correlationId: 1000 + version, clientId: 'sweep' }
    const wire = await Wire.connect(cluster.bootstrapServers)
    wire.write(Buffer.concat(encodeRequest(api, version, header, await body(version, stage)) as Buffer[]))
    const frame = await wire.frame()
    wire.close()
    if (frame === closed) throw new Error('The connection was closed instead of an answer')
    const answer = decodeResponse(api, version, frame)
    expect(answer.correlationId).toBe(header.correlationId)
    expect(errorCodes(answer.body)).toEqual(codes(version))
    const again = encodeResponse(api, version, answer.correlationId, answer.body) as Buffer[]
    expect(Buffer.concat(again).toString('hex')).toBe(framed(frame).toString('hex'))
  })
})

describe('the samples', () => {
  it('are there for every served API', async () => {
    const { apiKeys } = await stage.wire.send(ApiVersions, 0, {})
    const sampled = new Set(samples.map(({ api }) => api.key))
    const named = (keys: readonly number[]) => apis.filter(({ key }) => keys.includes(key)).map(({ name }) => name)
    expect(named(apiKeys.map(({ apiKey }) => apiKey).filter((key) => !sampled.has(key)))).toEqual([])
  })

  it('agree with the versions that the broker announces', async () => {
    const { apiKeys } = await stage.wire.send(ApiVersions, 0, {})
    for (const { api } of samples) {
      const announced = apiKeys.find(({ apiKey }) => apiKey === api.key)
      const minVersion = api.advertisedMin ?? api.versions.min
      expect(announced, api.name).toMatchObject({ minVersion, maxVersion: api.stableMax })
    }
  })
})
