import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seededRandom } from './random.ts'
import { randomUuid, uuidFromBytes, uuidToBytes, uuidToDashed } from './uuid.ts'

const vectors: { text: string; hex: string; javaUuid: string }[] = JSON.parse(
  readFileSync(new URL('../test/vectors/uuid.json', import.meta.url), 'utf8'),
)

describe('uuid', () => {
  it('has the text form of Apache Kafka', () => {
    for (const { text, hex, javaUuid } of vectors) {
      expect(uuidFromBytes(Buffer.from(hex, 'hex'))).toBe(text)
      expect(uuidToBytes(text)?.toString('hex')).toBe(hex)
      expect(uuidToDashed(text)).toBe(javaUuid)
    }
    expect(vectors.length).toBeGreaterThan(10)
  })

  it('is undefined for text that is no uuid', () => {
    for (const text of ['', 'short', 'AAAAAAAAAAAAAAAAAAAAAAA', '!!!!!!!!!!!!!!!!!!!!!!'])
      expect(uuidToBytes(text)).toBeUndefined()
  })

  it('never starts with a dash, which tools would take for an option', () => {
    const random = seededRandom(11)
    for (let count = 0; count < 2000; count++) {
      const uuid = randomUuid(random)
      expect(uuid.startsWith('-')).toBe(false)
      expect(uuidToDashed(uuid)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
  })
})
