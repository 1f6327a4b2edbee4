/** Damaged and malicious frames: nothing but DecodeError comes out, and nothing is built that the bytes do not pay for. */
import { type Random, randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { joinChunks } from '../src/chunk.ts'
import { encodeRequest, encodeResponse } from '../src/frame.ts'
import {
  type ApiSpec,
  apiByKey,
  apis,
  DecodeError,
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
} from '../src/index.ts'
import { randomMessage } from './random-message.ts'
import { wireFrames } from './wire-frames.ts'

interface Sample {
  readonly bytes: Buffer
  readonly api: ApiSpec
  readonly version: number
}

const header = { correlationId: 9, clientId: 'fuzz' }

/** Requests or responses: a random one per API and version, and those of real clients. */
function samples(direction: 'req' | 'res'): Sample[] {
  const generated = apis.flatMap((api) =>
    Array.from({ length: api.versions.max - api.versions.min + 1 }, (_, index) => {
      const version = api.versions.min + index
      const schema = direction === 'req' ? api.request : api.response
      const body = randomMessage(seededRandom(version), schema, version)
      const chunks =
        direction === 'req' ? encodeRequest(api, version, header, body) : encodeResponse(api, version, 9, body)
      return { bytes: joinChunks(chunks).subarray(4), api, version }
    }),
  )
  const recorded = wireFrames().filter((frame) => frame.dir === direction)
  const real = recorded.map(({ hex, apiKey, apiVersion }) => {
    const api = apiByKey(apiKey)
    if (api === undefined) throw new Error(`no API ${apiKey}`)
    return { bytes: Buffer.from(hex, 'hex'), api, version: apiVersion }
  })
  return [...generated, ...real]
}

const bombs = [
  'ff',
  '7f',
  '80',
  'ffff',
  '7fff',
  '7fffffff',
  'ffffffff',
  '80000000',
  'ffffffff0f',
  'ffffffff07',
  '8080808080',
  '00000100',
]

function mutate(random: Random, original: Buffer): Buffer {
  const bytes = Buffer.from(original)
  for (let round = 1 + randomBelow(random, 3); round > 0; round--) {
    if (bytes.length === 0) return bytes
    const position = randomBelow(random, bytes.length)
    switch (randomBelow(random, 5)) {
      case 0:
        bytes[position] = (bytes[position] as number) ^ (1 << randomBelow(random, 8))
        break
      case 1:
        return bytes.subarray(0, position)
      case 2: {
        const bomb = Buffer.from(bombs[randomBelow(random, bombs.length)] as string, 'hex')
        bomb.copy(bytes, position)
        break
      }
      case 3:
        return Buffer.concat([
          bytes.subarray(0, position),
          random.bytes(1 + randomBelow(random, 9)),
          bytes.subarray(position),
        ])
      default:
        return Buffer.concat([bytes.subarray(0, position), bytes.subarray(position + 1 + randomBelow(random, 9))])
    }
  }
  return bytes
}

/** How many array items and tagged fields a decoded value has. */
function countItems(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + 1 + countItems(item), 0)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return 0
  return Object.values(value).reduce((sum: number, item) => sum + countItems(item), 0)
}

/** True when it decoded. Anything but a DecodeError fails the test. */
function survives(label: string, bytes: Buffer, decode: () => unknown): boolean {
  let value: unknown
  try {
    value = decode()
  } catch (error) {
    if (!(error instanceof DecodeError)) throw new Error(`${label}: ${bytes.toString('hex')}`, { cause: error })
    return false
  }
  if (countItems(value) > bytes.length) throw new Error(`${label}: more items than bytes: ${bytes.toString('hex')}`)
  return true
}

describe('hostile frames', () => {
  it('of 100,000 mutated requests, all decode or fail with DecodeError', () => {
    const all = samples('req')
    const random = seededRandom(2026)
    let decodedCount = 0
    for (let round = 0; round < 100_000; round++) {
      const bytes = mutate(random, (all[round % all.length] as Sample).bytes)
      const decoded = survives(`seed 2026, round ${round}`, bytes, () => {
        const { api, apiVersion, bodyPosition } = decodeRequestHeader(bytes)
        return api === undefined ? undefined : decodeRequestBody(api, apiVersion, bytes, bodyPosition)
      })
      if (decoded) decodedCount++
    }
    // Both outcomes are common, or the mutations would say little.
    expect(decodedCount).toBeGreaterThan(5000)
    expect(decodedCount).toBeLessThan(80_000)
  })

  it('of 30,000 mutated responses, all decode or fail with DecodeError', () => {
    const all = samples('res')
    const random = seededRandom(2027)
    for (let round = 0; round < 30_000; round++) {
      const { bytes: original, api, version } = all[round % all.length] as Sample
      const bytes = mutate(random, original)
      survives(`seed 2027, round ${round}`, bytes, () => decodeResponse(api, version, bytes).body)
    }
  })

  it('of pure noise do the same', () => {
    const random = seededRandom(2028)
    for (let round = 0; round < 20_000; round++) {
      const bytes = random.bytes(8 + randomBelow(random, 120))
      const api = apis[randomBelow(random, apis.length)] as ApiSpec
      const version = api.versions.min + randomBelow(random, api.versions.max - api.versions.min + 1)
      survives(`seed 2028, round ${round}`, bytes, () => decodeRequestBody(api, version, bytes, 0))
      survives(`seed 2028, round ${round}`, bytes, () => decodeResponse(api, version, bytes))
    }
  })
})
