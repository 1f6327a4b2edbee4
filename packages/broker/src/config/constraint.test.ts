import { describe, expect, it } from 'vitest'
import { brokerKeys } from './broker-keys.ts'
import { ConfigValues } from './config-values.ts'
import { constraints } from './constraint.ts'
import { singleNodeProperties } from './single-node-defaults.ts'

function messages(...overrides: [string, string][]): string[] {
  const values = ConfigValues.parse(brokerKeys, singleNodeProperties(overrides))
  return constraints.flatMap((constraint) => constraint.check(values)?.message ?? [])
}

describe('constraints', () => {
  it('hold for the defaults', () => {
    expect(messages()).toEqual([])
  })

  it.each<[string, [string, string][]]>([
    ['broker.id (2) must be the same as node.id (1); leave one out', [['broker.id', '2']]],
    [
      'replica.fetch.wait.max.ms (31000) must not be above replica.socket.timeout.ms (30000)',
      [
        ['replica.fetch.wait.max.ms', '31000'],
        ['replica.lag.time.max.ms', '40000'],
      ],
    ],
    [
      'replica.fetch.wait.max.ms (500) must not be above replica.lag.time.max.ms (400)',
      [['replica.lag.time.max.ms', '400']],
    ],
    [
      'log.cleaner.dedupe.buffer.size must be at least 1048576 for each of the log.cleaner.threads',
      [
        ['log.cleaner.dedupe.buffer.size', '3000000'],
        ['log.cleaner.threads', '3'],
      ],
    ],
    ['log.roll.ms must be at least 1, not 0', [['log.roll.ms', '0']]],
    ['log.retention.ms must be -1 (no limit) or at least 1, not 0', [['log.retention.ms', '0']]],
    ['log.retention.hours must be -1 (no limit) or at least 1, not -2', [['log.retention.hours', '-2']]],
    [
      'queued.max.request.bytes must be -1 or at least socket.request.max.bytes (104857600)',
      [['queued.max.request.bytes', '5']],
    ],
    [
      'max.connections.per.ip is 0, so nobody could connect; name exceptions in max.connections.per.ip.overrides',
      [['max.connections.per.ip', '0']],
    ],
    [
      'process.roles=controller is not supported yet; use broker,controller: one process is both',
      [['process.roles', 'controller']],
    ],
    [
      'controller.quorum.voters names 2@b:1: a quorum of several nodes is not supported yet',
      [['controller.quorum.voters', '1@a:1,2@b:1']],
    ],
  ])('refuse: %s', (message, overrides) => {
    expect(messages(...overrides)).toEqual([message])
  })

  it('want to know where the controllers are, from a node that is none', () => {
    expect(messages(['process.roles', 'broker'])).toContain(
      'controller.quorum.voters or controller.quorum.bootstrap.servers must say where the controllers are',
    )
    expect(messages(['process.roles', 'broker'], ['controller.quorum.bootstrap.servers', 'h:1'])).toHaveLength(1)
  })

  it('let limits of single addresses stand when all others have none', () => {
    expect(messages(['max.connections.per.ip', '0'], ['max.connections.per.ip.overrides', '127.0.0.1:5'])).toEqual([])
  })
})
