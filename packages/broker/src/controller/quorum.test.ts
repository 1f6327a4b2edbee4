import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from '../config/broker-config.ts'
import { singleNodeProperties } from '../config/single-node-defaults.ts'
import { controllerEndpointOf, raftConfigOf } from './quorum.ts'

const parse = (overrides: Readonly<Record<string, string>> = {}) =>
  parseBrokerConfig(singleNodeProperties(Object.entries({ 'log.dirs': '/data', ...overrides })))

describe('the settings of the quorum', () => {
  it.each([
    ['controller.quorum.election.timeout.ms', 'electionTimeoutMs'],
    ['controller.quorum.election.backoff.max.ms', 'electionBackoffMaxMs'],
    ['controller.quorum.fetch.timeout.ms', 'fetchTimeoutMs'],
    ['controller.quorum.request.timeout.ms', 'requestTimeoutMs'],
    ['controller.quorum.retry.backoff.ms', 'retryBackoffMs'],
  ] as const)('%s is %s', (name, field) => {
    expect(raftConfigOf(parse())[field]).not.toBe(4321)
    expect(raftConfigOf(parse({ [name]: '4321' }))[field]).toBe(4321)
  })
})

describe('the endpoint of the controller', () => {
  it('is the listener named in controller.listener.names', () => {
    const listeners = 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://10.1.1.1:9093'
    expect(controllerEndpointOf(parse({ listeners }))).toEqual({ name: 'CONTROLLER', host: '10.1.1.1', port: 9093 })
  })

  it('has a host that others can ask for when it listens on all', () => {
    const listeners = 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://:9093'
    expect(controllerEndpointOf(parse({ listeners })).host).toBe('localhost')
  })
})
