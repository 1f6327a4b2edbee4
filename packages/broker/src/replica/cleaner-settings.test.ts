import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from '../config/broker-config.ts'
import { singleNodeProperties } from '../config/single-node-defaults.ts'
import { cleanerSettingsOf } from './cleaner-settings.ts'

const settings = (...overrides: [string, string][]) =>
  cleanerSettingsOf(parseBrokerConfig(singleNodeProperties(overrides)))

describe('cleanerSettingsOf', () => {
  it('has Kafka’s defaults', () => {
    expect(settings()).toEqual({
      isEnabled: true,
      concurrencyMax: 1,
      backoffMs: 15_000,
      dedupeBytes: 128 << 20,
      ioBytesPerSecondMax: Number.POSITIVE_INFINITY,
      ioBufferBytes: 512 << 10,
    })
  })

  it('shares log.cleaner.dedupe.buffer.size among log.cleaner.threads', () => {
    const own = settings(['log.cleaner.dedupe.buffer.size', '8388608'], ['log.cleaner.threads', '2'])
    expect(own).toMatchObject({ dedupeBytes: 4 << 20, concurrencyMax: 2 })
    expect(settings(['log.cleaner.threads', '0']).isEnabled).toBe(false)
    expect(settings(['log.cleaner.enable', 'false']).isEnabled).toBe(false)
  })

  it('takes log.cleaner.io.max.bytes.per.second, log.cleaner.io.buffer.size and log.cleaner.backoff.ms', () => {
    const own = settings(
      ['log.cleaner.io.max.bytes.per.second', '1000000.5'],
      ['log.cleaner.io.buffer.size', '65536'],
      ['log.cleaner.backoff.ms', '7'],
    )
    expect(own).toMatchObject({ ioBytesPerSecondMax: 1_000_000.5, ioBufferBytes: 65_536, backoffMs: 7 })
    expect(settings(['log.cleaner.io.buffer.size', '0']).ioBufferBytes).toBe(4096)
  })
})
