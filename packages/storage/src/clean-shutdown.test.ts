import { describe, expect, it } from 'vitest'
import { decodeCleanShutdown, encodeCleanShutdown } from './clean-shutdown.ts'

describe('.kafka_cleanshutdown', () => {
  it('has the bytes of Apache Kafka', () => {
    expect(encodeCleanShutdown(11).toString()).toBe('{"version":0,"brokerEpoch":11}')
    expect(decodeCleanShutdown(encodeCleanShutdown(11))).toBe(11)
  })

  it('counts as a clean stop of an unknown epoch whatever it holds', () => {
    for (const text of ['', '{}', 'null', '[', '{"brokerEpoch":"7"}'])
      expect(decodeCleanShutdown(Buffer.from(text))).toBe(-1)
  })
})
