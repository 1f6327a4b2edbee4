import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from '../config/broker-config.ts'
import { singleNodeProperties } from '../config/single-node-defaults.ts'
import { serverLimits } from './limits.ts'

const parse = (overrides: Readonly<Record<string, string>> = {}) =>
  parseBrokerConfig(singleNodeProperties(Object.entries({ 'log.dirs': '/data', ...overrides })))

describe('the limits of the server', () => {
  it('come from the configuration', () => {
    const config = parse({
      'socket.request.max.bytes': '1000',
      'queued.max.request.bytes': '5000',
      'connections.max.idle.ms': '70',
      'max.connections': '8',
      'max.connections.per.ip': '3',
      'max.connections.per.ip.overrides': '10.0.0.1:5',
    })
    const limits = serverLimits(() => config)
    expect(limits).toMatchObject({
      requestSizeMax: 1000,
      partialFramesSizeMax: 5000,
      idleMsMax: 70,
      connectionCountMax: 8,
    })
    expect(limits.connectionCountMaxOf('10.0.0.1')).toBe(5)
    expect(limits.connectionCountMaxOf('10.0.0.2')).toBe(3)
  })

  it('bound unfinished requests also when queued.max.request.bytes does not', () => {
    const config = parse({ 'socket.request.max.bytes': '1000' })
    expect(serverLimits(() => config).partialFramesSizeMax).toBe(2000)
  })

  it('of connections follow a configuration that changes', () => {
    let config = parse({ 'max.connections': '8' })
    const limits = serverLimits(() => config)
    config = parse({ 'max.connections': '9', 'max.connections.per.ip': '2' })
    expect(limits.connectionCountMax).toBe(9)
    expect(limits.connectionCountMaxOf('10.0.0.2')).toBe(2)
  })
})
