import { describe, expect, it } from 'vitest'
import { defaultLogConfig, parseLogConfig, unlimited } from './config.ts'

describe('log config', () => {
  it("has Kafka's defaults", () => {
    expect(parseLogConfig({})).toEqual(defaultLogConfig)
    expect(defaultLogConfig).toMatchObject({
      segmentBytes: 1073741824,
      maxMessageBytes: 1048588,
      flushMessages: unlimited,
    })
  })

  it('reads texts by Kafka’s names and passes over others', () => {
    const config = parseLogConfig({
      'segment.bytes': '1048576',
      'internal.segment.bytes': '8192',
      'cleanup.policy': 'compact, delete',
      'message.timestamp.type': 'LogAppendTime',
      'flush.messages': '9223372036854775807',
      'compression.gzip.level': '-1',
      'min.insync.replicas': '2',
      'min.cleanable.dirty.ratio': '0.25',
    })
    expect(config).toEqual({
      ...defaultLogConfig,
      segmentBytes: 8192,
      cleanupPolicy: ['compact', 'delete'],
      messageTimestampType: 'LogAppendTime',
      minCleanableDirtyRatio: 0.25,
    })
    expect(parseLogConfig({ 'cleanup.policy': '' }).cleanupPolicy).toEqual([])
    expect(parseLogConfig({ 'segment.ms': '5' }, config)).toMatchObject({ segmentMs: 5, segmentBytes: 8192 })
  })

  it('refuses what Kafka refuses', () => {
    const refused: Record<string, string> = {
      'segment.bytes': '1048575',
      'segment.ms': '0',
      'index.interval.bytes': '1.5',
      'compression.type': 'brotli',
      'cleanup.policy': 'delete,delete',
      'max.message.bytes': '2147483648',
      'compression.gzip.level': '0',
      'min.cleanable.dirty.ratio': '1.01',
      'delete.retention.ms': '-1',
    }
    for (const [name, text] of Object.entries(refused)) {
      expect(() => parseLogConfig({ [name]: text }), name).toThrow(`${name}=${text} is not valid`)
    }
  })
})
