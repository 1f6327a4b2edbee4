import { readFileSync } from 'node:fs'
import { configResourceType } from '@millrace/metadata'
import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from './broker-config.ts'
import type { DescribedConfig, DescribeOptions } from './description.ts'
import { ConfigRepository } from './dynamic.ts'
import { singleNodeProperties } from './single-node-defaults.ts'

/** A config as the Java admin client showed Kafka's answer. */
interface Recorded {
  readonly name: string
  readonly type: string
  readonly value: string | null
  readonly source: string
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  readonly synonyms?: readonly { readonly name: string; readonly value: string | null; readonly source: string }[]
}

const recorded = (file: string): Recorded[] =>
  JSON.parse(readFileSync(new URL(`../../test/vectors/config/${file}-configs.json`, import.meta.url), 'utf8'))

const types = ['UNKNOWN', 'BOOLEAN', 'STRING', 'INT', 'SHORT', 'LONG', 'DOUBLE', 'LIST', 'CLASS', 'PASSWORD']
const sources = [
  '',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  '',
  'DYNAMIC_CLIENT_METRICS_CONFIG',
  'DYNAMIC_GROUP_CONFIG',
]

const asRecorded = (entry: DescribedConfig) => ({
  name: entry.name,
  type: types[entry.configType],
  value: entry.value,
  source: sources[entry.configSource],
  isReadOnly: entry.readOnly,
  isSensitive: entry.isSensitive,
  synonyms: entry.synonyms.map((synonym) => ({ ...synonym, source: sources[synonym.source] })),
})

const comparable = ({ name, type, value, source, isReadOnly, isSensitive, synonyms = [] }: Recorded) => ({
  name,
  type,
  value,
  source,
  isReadOnly,
  isSensitive,
  synonyms,
})

/** The broker that the answers were recorded from, without what Millrace refuses: an authorizer and its users. */
const recordedBroker = parseBrokerConfig(
  new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', '1'],
    ['controller.quorum.voters', '1@127.0.0.1:29093'],
    ['listeners', 'PLAINTEXT://127.0.0.1:29092,CONTROLLER://127.0.0.1:29093'],
    ['advertised.listeners', 'PLAINTEXT://127.0.0.1:29092'],
    ['controller.listener.names', 'CONTROLLER'],
    ['listener.security.protocol.map', 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT'],
    ['log.dirs', 'DATA_DIR'],
    ['group.initial.rebalance.delay.ms', '0'],
    ['log.cleaner.dedupe.buffer.size', '4194304'],
    ['num.io.threads', '2'],
    ['num.network.threads', '2'],
    ['num.partitions', '1'],
    ['offsets.topic.num.partitions', '2'],
    ['offsets.topic.replication.factor', '1'],
    ['share.coordinator.state.topic.min.isr', '1'],
    ['share.coordinator.state.topic.num.partitions', '2'],
    ['share.coordinator.state.topic.replication.factor', '1'],
    ['transaction.state.log.min.isr', '1'],
    ['transaction.state.log.num.partitions', '2'],
    ['transaction.state.log.replication.factor', '1'],
  ]),
)

function repository(): ConfigRepository {
  const configs = new ConfigRepository(recordedBroker)
  const set = (resourceType: number, resourceName: string, name: string, value: string) =>
    configs.applyRecord({ resourceType, resourceName, name, value })
  set(configResourceType.broker, '', 'min.insync.replicas', '1')
  set(configResourceType.broker, '', 'message.max.bytes', '1500000')
  set(configResourceType.broker, '1', 'log.cleaner.threads', '2')
  set(configResourceType.topic, 't1', 'retention.ms', '777777')
  set(configResourceType.topic, 't1', 'max.message.bytes', '500000')
  set(configResourceType.group, 'g-live', 'consumer.session.timeout.ms', '46000')
  set(configResourceType.clientMetrics, 'cm', 'interval.ms', '60000')
  set(configResourceType.clientMetrics, 'cm', 'match', 'client_id=none')
  set(configResourceType.clientMetrics, 'cm', 'metrics', 'org.apache.kafka.producer.')
  return configs
}

const all: DescribeOptions = { keys: null, includeSynonyms: true, includeDocumentation: false }

function entries(type: number, name: string, options = all, configs = repository()): DescribedConfig[] {
  const outcome = configs.describe(type, name, options)
  if ('errorCode' in outcome) throw new Error(`refused with ${outcome.errorCode}`)
  return outcome.entries
}

/** Names where Millrace's answer differs, with the reason. */
const differences: Readonly<Record<string, string>> = {
  'authorizer.class.name': 'the recorded broker had an authorizer, which Millrace refuses',
  'super.users': 'belongs to that authorizer',
}

describe('descriptions that Apache Kafka 4.3.1 gave', () => {
  it.each([
    ['topic', configResourceType.topic, 't1'],
    ['broker', configResourceType.broker, '1'],
    ['default-broker', configResourceType.broker, ''],
    ['group', configResourceType.group, 'g-live'],
    ['client-metrics', configResourceType.clientMetrics, 'cm'],
  ])('%s', (file, type, name) => {
    const same = (each: { readonly name: string }) => !(each.name in differences)
    const byName = (left: { readonly name: string }, right: { readonly name: string }) =>
      left.name < right.name ? -1 : 1
    const ours = entries(type, name).filter(same).map(asRecorded).toSorted(byName)
    expect(ours).toEqual(recorded(file).filter(same).map(comparable).toSorted(byName))
  })

  it('differ only in what is listed', () => {
    const described = new Map(entries(configResourceType.broker, '1').map((entry) => [entry.name, entry]))
    expect(described.get('authorizer.class.name')?.value).toBe('')
    expect(described.has('super.users')).toBe(false)
    expect(Object.keys(differences)).toHaveLength(2)
  })
})

describe('requests that Apache Kafka refused', () => {
  it.each<[string, number, string, string]>([
    [
      'describe-configs-unknown-type',
      77,
      'x',
      'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.',
    ],
    [
      'describe-configs-unknown-broker',
      configResourceType.broker,
      '99',
      'Unexpected broker id, expected 1 or empty string, but received 99',
    ],
    [
      'describe-configs-broker-not-a-number',
      configResourceType.broker,
      'abc',
      'Broker id must be an integer, but it is: abc',
    ],
    ['a group without a name', configResourceType.group, '', 'Group name must not be empty'],
    [
      'a subscription without a name',
      configResourceType.clientMetrics,
      '',
      'Client metrics subscription name must not be empty',
    ],
  ])('%s', (_, type, name, message) => {
    expect(repository().describe(type, name, all)).toEqual({ errorCode: 42, message })
  })

  it('answers an unknown group with the defaults', () => {
    expect(entries(configResourceType.group, 'never').every((entry) => entry.configSource === 5)).toBe(true)
  })
})

describe('describe', () => {
  it('gives the keys that are asked for; an empty list asks for all', () => {
    const some = { ...all, keys: ['segment.ms', 'no.such'] }
    expect(entries(configResourceType.topic, 't', some).map(({ name }) => name)).toEqual(['segment.ms'])
    expect(entries(configResourceType.topic, 't', { ...all, keys: [] })).toHaveLength(33)
  })

  it('leaves out synonyms unless asked, and keeps the source they tell', () => {
    const quiet = { ...all, includeSynonyms: false }
    const entry = entries(configResourceType.topic, 't1', quiet).find(({ name }) => name === 'retention.ms')
    expect(entry).toMatchObject({ synonyms: [], configSource: 1 })
  })

  it('documents every key when asked', () => {
    const documented = { ...all, includeDocumentation: true }
    for (const type of [configResourceType.broker, configResourceType.topic]) {
      for (const entry of entries(type, '1', documented)) expect(entry.documentation, entry.name).toBeTruthy()
    }
  })

  it("never shows Millrace's own keys to clients", () => {
    const broker = parseBrokerConfig(singleNodeProperties([['millrace.durability', 'os']]))
    const described = entries(configResourceType.broker, '1', all, new ConfigRepository(broker))
    expect(described.filter(({ name }) => name.startsWith('millrace'))).toEqual([])
  })

  it('shows internal keys only where they are set', () => {
    const configs = repository()
    const names = () => entries(configResourceType.topic, 't1', all, configs).map(({ name }) => name)
    expect(names()).not.toContain('internal.segment.bytes')
    configs.applyRecord({ resourceType: 2, resourceName: 't1', name: 'internal.segment.bytes', value: '100' })
    expect(names()).toContain('internal.segment.bytes')
  })

  it('shows a name that nobody knows, without its value', () => {
    const configs = repository()
    configs.applyRecord({ resourceType: 2, resourceName: 't1', name: 'message.format.version', value: '3.0' })
    const entry = entries(configResourceType.topic, 't1', all, configs).find(
      ({ name }) => name === 'message.format.version',
    )
    expect(entry).toMatchObject({ value: null, isSensitive: true, configType: 0, configSource: 1 })
  })

  it("lists what stands in for a broker key after it, and not without it: Kafka's way", () => {
    const broker = parseBrokerConfig(
      singleNodeProperties([
        ['log.roll.ms', '5'],
        ['log.roll.hours', '3'],
      ]),
    )
    const synonymsOf = (name: string) =>
      entries(configResourceType.topic, 't', all, new ConfigRepository(broker))
        .find((entry) => entry.name === name)
        ?.synonyms.map((synonym) => `${synonym.name}=${synonym.value}`)
    expect(synonymsOf('segment.ms')).toEqual(['log.roll.ms=5', 'log.roll.hours=3', 'log.roll.hours=168'])
    expect(synonymsOf('retention.ms')).toEqual([])
  })
})
