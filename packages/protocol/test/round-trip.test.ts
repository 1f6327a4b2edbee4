/** Any message of any schema and version comes back as it was. */
import { isDeepStrictEqual } from 'node:util'
import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { decodeBody, encodeBytes } from '../src/schema/codec.ts'
import { DecodeError } from '../src/schema/decode-error.ts'
import { allSchemas } from './all-schemas.ts'
import { randomMessage } from './random-message.ts'

const roundCount = 12

describe('random messages', () => {
  it.each([...allSchemas])('round-trip: %s', (path, schema) => {
    for (let version = schema.versions.min; version <= schema.versions.max; version++) {
      for (let seed = 0; seed < roundCount; seed++) {
        const label = `${path} version ${version}, seed ${seed}`
        const message = randomMessage(seededRandom(seed), schema, version)
        const bytes = encodeBytes(schema, version, message)
        const decoded = decodeBody(schema, version, bytes)
        // The deep comparison of the test library is slow: it is only asked for its message.
        if (!isDeepStrictEqual(decoded, message)) expect(decoded, label).toEqual(message)
        expect(encodeBytes(schema, version, decoded).equals(bytes), label).toBe(true)
      }
    }
  })

  it('are refused wherever they are cut', () => {
    for (const [path, schema] of allSchemas) {
      const version = schema.versions.max
      const bytes = encodeBytes(schema, version, randomMessage(seededRandom(3), schema, version))
      for (let size = 0; size < bytes.length; size += 1 + Math.floor(bytes.length / 40)) {
        expect(() => decodeBody(schema, version, bytes.subarray(0, size)), `${path} cut to ${size} bytes`).toThrow(
          DecodeError,
        )
      }
    }
  })
})
