import { configOperation, configResourceType } from '@millrace/metadata'
import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from './broker-config.ts'
import { ConfigRepository } from './dynamic.ts'
import { singleNodeProperties } from './single-node-defaults.ts'

const { topic, broker, group } = configResourceType

function repository(...overrides: [string, string][]) {
  const configs = new ConfigRepository(parseBrokerConfig(singleNodeProperties(overrides)))
  const set = (resourceType: number, resourceName: string, name: string, value: string | null) =>
    configs.applyRecord({ resourceType, resourceName, name, value })
  return { configs, set }
}

describe('ConfigRepository', () => {
  it('resolves the layers: topic over this broker over all brokers over the file over the default', () => {
    const { configs, set } = repository()
    const size = () => configs.topicConfig('t').maxMessageBytes
    expect(size()).toBe(1_048_588)
    const inFile = repository(['message.max.bytes', '1']).configs
    expect(inFile.topicConfig('t').maxMessageBytes).toBe(1)
    set(broker, '', 'message.max.bytes', '2')
    expect(size()).toBe(2)
    set(broker, '1', 'message.max.bytes', '3')
    expect(size()).toBe(3)
    set(topic, 't', 'max.message.bytes', '4')
    expect(size()).toBe(4)
    expect(configs.topicConfig('other').maxMessageBytes).toBe(3)
    set(topic, 't', 'max.message.bytes', null)
    set(broker, '1', 'message.max.bytes', null)
    expect(size()).toBe(2)
  })

  it('gives the broker its dynamic values, and keeps what can not change', () => {
    const { configs, set } = repository(['log.dirs', '/data'])
    set(broker, '1', 'max.connections', '7')
    set(broker, '', 'producer.id.expiration.ms', '8')
    set(broker, '1', 'num.partitions', '99')
    set(broker, '1', 'listeners', 'PLAINTEXT://:1')
    expect(configs.broker).toMatchObject({
      maxConnections: 7,
      producerIdExpirationMs: 8,
      numPartitions: 1,
      logDirs: ['/data'],
    })
    expect(configs.broker.listeners[0]?.port).toBe(9092)
    set(broker, '1', 'max.connections', null)
    expect(configs.broker.maxConnections).toBe(2_147_483_647)
  })

  it('does not take configs of another broker for its own', () => {
    const { configs, set } = repository()
    set(broker, '2', 'max.connections', '7')
    expect(configs.broker.maxConnections).toBe(2_147_483_647)
  })

  it('goes on with the layer below when a record holds a value that is none, and warns', () => {
    const { configs, set } = repository()
    expect(set(broker, '', 'message.max.bytes', 'x')).toBe(
      'All brokers: Invalid value x for configuration message.max.bytes: Not a number of type INT; it has no effect',
    )
    expect(set(broker, '1', 'max.connections.per.ip.overrides', 'x')).toMatch(/^Broker 1: Invalid value x/)
    expect(configs.broker.messageMaxBytes).toBe(1_048_588)
    expect(configs.broker.maxConnectionsPerIpOverrides.size).toBe(0)
  })

  it.each([
    [topic, 't', 'remote.storage.enable', 'true', 'Topic t: remote.storage.enable is not supported yet'],
    [
      topic,
      't',
      'message.format.version',
      '3.0',
      'Topic t: message.format.version is not a known key and has no effect',
    ],
    [broker, '', 'log.dirs', '/x', 'All brokers: log.dirs can not change while the broker runs and has no effect'],
    [topic, 't', 'retention.ms', '5', undefined],
    [topic, 't', 'segment.ms', '5', undefined],
    [group, 'g', 'consumer.session.timeout.ms', '50000', undefined],
  ])('warns of a record that Millrace would have refused: type %i %s %s=%s', (type, name, key, value, warning) => {
    expect(repository().set(type, name, key, value)).toBe(warning)
  })

  it('tells listeners what changed when it can be read, until they stop', () => {
    const { configs, set } = repository()
    const seen: string[] = []
    const stop = configs.listen(({ resourceType, resourceName }) =>
      seen.push(`${resourceType} ${resourceName} ${configs.topicConfig('t').segmentMs}`),
    )
    set(topic, 't', 'segment.ms', '5')
    set(broker, '', 'log.roll.ms', '6')
    configs.removeResource(topic, 't')
    configs.removeResource(topic, 't')
    stop()
    set(topic, 't', 'segment.ms', '7')
    expect(seen).toEqual(['2 t 5', '4  5', '2 t 6'])
  })

  it('passes over a record that changes nothing', () => {
    const { configs, set } = repository()
    let count = 0
    configs.listen(() => count++)
    expect(set(topic, 't', 'remote.storage.enable', 'true')).toBeDefined()
    expect(set(topic, 't', 'remote.storage.enable', 'true')).toBeUndefined()
    set(topic, 'u', 'segment.ms', null)
    expect(count).toBe(1)
  })

  it('forgets a topic that is gone', () => {
    const { configs, set } = repository()
    set(topic, 't', 'segment.ms', '5')
    configs.removeResource(topic, 't')
    expect(configs.topicConfig('t').segmentMs).toBe(604_800_000)
    expect(configs.configsOf(topic, 't').size).toBe(0)
  })

  it('gives the same object while nothing changed', () => {
    const { configs, set } = repository()
    set(topic, 't', 'segment.ms', '5')
    expect(configs.topicConfig('t')).toBe(configs.topicConfig('t'))
    expect(configs.topicConfig('a')).toBe(configs.topicConfig('b'))
  })

  it('resolves configs of groups', () => {
    const { configs, set } = repository()
    set(group, 'g', 'consumer.session.timeout.ms', '50000')
    expect(configs.groupConfig('g').consumer.sessionTimeoutMs).toBe(50_000)
    expect(configs.groupConfig('h').consumer.sessionTimeoutMs).toBe(45_000)
  })

  it('answers the controller: values under overrides, and all configs of a new topic', () => {
    const { configs, set } = repository()
    set(broker, '', 'min.insync.replicas', '2')
    expect(configs.topicValue('min.insync.replicas', new Map())).toBe('2')
    expect(configs.topicValue('min.insync.replicas', new Map([['min.insync.replicas', '3']]))).toBe('3')
    const described = configs.describeTopicConfigs(new Map([['segment.ms', '5']]))
    expect(described).toHaveLength(33)
    expect(described.find(({ name }) => name === 'segment.ms')).toMatchObject({
      value: '5',
      configSource: 1,
      synonyms: [],
    })
  })

  it('judges changes against its own configs, or against newer ones', () => {
    const { configs, set } = repository()
    set(topic, 't', 'cleanup.policy', 'compact')
    const change = { name: 'cleanup.policy', operation: configOperation.append, value: 'delete' }
    const result = (decision: ReturnType<typeof configs.validateAlter>) =>
      decision.kind === 'accepted' ? decision.configs.get('cleanup.policy') : decision.message
    expect(result(configs.validateAlter(topic, 't', [change]))).toBe('compact,delete')
    expect(result(configs.validateAlter(topic, 't', [change], new Map()))).toBe('delete')
    expect(configs.validateTopicConfigs(new Map([['segment.bytes', '1']]))).toMatchObject({
      kind: 'refused',
      errorCode: 40,
    })
  })

  it('asks whether eligible leader replicas are on when it matters', () => {
    let isElrEnabled = true
    const configs = new ConfigRepository(parseBrokerConfig(singleNodeProperties()), {
      isElrEnabled: () => isElrEnabled,
    })
    const change = { name: 'min.insync.replicas', operation: configOperation.set, value: '2' }
    expect(configs.validateAlter(broker, '1', [change])).toMatchObject({ kind: 'refused', errorCode: 40 })
    isElrEnabled = false
    expect(configs.validateAlter(broker, '1', [change])).toMatchObject({ kind: 'accepted' })
  })
})
