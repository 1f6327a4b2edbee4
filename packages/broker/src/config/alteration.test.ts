import { type ConfigChange, configOperation, configResourceType as type } from '@millrace/metadata'
import { describe, expect, it } from 'vitest'
import { alterResource, type ConfigDecision, topicCreation } from './alteration.ts'
import { parseBrokerConfig } from './broker-config.ts'
import { singleNodeProperties } from './single-node-defaults.ts'

const context = { broker: parseBrokerConfig(singleNodeProperties()), isElrEnabled: true }
const { set, delete: remove, append, subtract } = configOperation
const change = (name: string, value: string | null, operation: number = set): ConfigChange => ({
  name,
  operation,
  value,
})

const alter = (resourceType: number, changes: ConfigChange[], before: [string, string][] = [], name = 'e1') =>
  alterResource({ type: resourceType, name }, new Map(before), changes, context)

const topic = (changes: ConfigChange[], before: [string, string][] = []) => alter(type.topic, changes, before)
const configs = (decision: ConfigDecision) => (decision.kind === 'accepted' ? [...decision.configs] : decision)
const refusal = (errorCode: number, message: string | null) => ({ kind: 'refused', errorCode, message })

describe('changes of a topic', () => {
  it('set and delete', () => {
    expect(
      configs(
        topic(
          [change('segment.ms', '5'), change('flush.ms', null, remove)],
          [
            ['flush.ms', '9'],
            ['segment.bytes', '2000000'],
          ],
        ),
      ),
    ).toEqual([
      ['segment.bytes', '2000000'],
      ['segment.ms', '5'],
    ])
  })

  it('append to a list what it does not hold, from the default when there is none', () => {
    expect(configs(topic([change('cleanup.policy', 'compact', append)]))).toEqual([
      ['cleanup.policy', 'delete,compact'],
    ])
    expect(configs(topic([change('cleanup.policy', 'compact', append)], [['cleanup.policy', 'compact']]))).toEqual([
      ['cleanup.policy', 'compact'],
    ])
  })

  it('subtract from a list, to nothing if need be', () => {
    expect(
      configs(topic([change('cleanup.policy', 'delete', subtract)], [['cleanup.policy', 'compact,delete']])),
    ).toEqual([['cleanup.policy', 'compact']])
    expect(configs(topic([change('cleanup.policy', 'delete', subtract)]))).toEqual([['cleanup.policy', '']])
  })

  it('delete what nobody knows, so that a topic of an older Kafka can be mended', () => {
    expect(
      configs(topic([change('message.format.version', null, remove)], [['message.format.version', '3.0']])),
    ).toEqual([])
  })
})

describe('answers that Apache Kafka gave', () => {
  it.each<[string, ConfigDecision, number, string | null]>([
    [
      'alter-configs-bad-value',
      topic([change('retention.ms', 'abc')]),
      40,
      'Invalid value abc for configuration retention.ms: Not a number of type LONG',
    ],
    ['alter-configs-unknown-key', topic([change('no.such', '1')]), 40, 'Unknown topic config name: no.such'],
    [
      'alter-configs-append-non-list',
      topic([change('retention.ms', '1', append)]),
      40,
      "Can't APPEND to key retention.ms because its type is not LIST.",
    ],
    ['alter-configs-bad-op', topic([change('retention.ms', '1', 9)]), -1, null],
    [
      'alter-configs-null-value-set',
      topic([change('retention.ms', null)]),
      42,
      'Null value not supported for : retention.ms',
    ],
    [
      'alter-configs-read-only-broker',
      alter(type.broker, [change('log.dirs', '/x')], [], '1'),
      42,
      'Cannot update these configs dynamically: [log.dirs]',
    ],
    [
      'alter-configs-broker-mismatch',
      alter(type.broker, [change('log.cleaner.threads', '2')], [], '99'),
      42,
      'Unexpected broker id, expected 1, but received 99',
    ],
    [
      'alter-configs-group-bad',
      alter(type.group, [change('consumer.session.timeout.ms', '1')]),
      40,
      'consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms',
    ],
    [
      'create-topics-unknown-config',
      topicCreation(new Map([['no.such.config', '1']]), context),
      40,
      'Unknown topic config name: no.such.config',
    ],
    [
      'create-topics-bad-config-value',
      topicCreation(new Map([['retention.ms', 'abc']]), context),
      40,
      'Invalid value abc for configuration retention.ms: Not a number of type LONG',
    ],
    [
      'create-topics-segment-bytes-small',
      topicCreation(new Map([['segment.bytes', '1000']]), context),
      40,
      'Invalid value 1000 for configuration segment.bytes: Value must be at least 1048576',
    ],
    [
      'create-topics-bad-cleanup-policy',
      topicCreation(new Map([['cleanup.policy', 'shred']]), context),
      40,
      'Invalid value shred for configuration cleanup.policy: String must be one of: compact, delete',
    ],
  ])('%s', (_, decision, errorCode, message) => {
    expect(decision).toEqual(refusal(errorCode, message))
  })
})

describe('refusals', () => {
  it.each<[string, ConfigDecision, number, string | null]>([
    [
      'a key twice',
      topic([change('segment.ms', '1'), change('segment.ms', '2')]),
      42,
      'Error due to duplicate config keys',
    ],
    [
      'a subtraction from a number',
      topic([change('segment.ms', '1', subtract)]),
      40,
      "Can't SUBTRACT from key segment.ms because its type is not LIST.",
    ],
    [
      'a topic with a name that nobody knows',
      topic([change('segment.ms', '1')], [['message.format.version', '3.0']]),
      40,
      'Unknown topic config name: message.format.version',
    ],
    [
      'all topics at once',
      alter(type.topic, [change('segment.ms', '1')], [], ''),
      42,
      'Default topic resources are not allowed.',
    ],
    ['all groups at once', alter(type.group, [], [], ''), 42, 'Default group resources are not allowed.'],
    ['an unknown key of a group', alter(type.group, [change('x', '1')]), 40, 'Unknown group config name: x'],
    [
      'an unknown key of a subscription',
      alter(type.clientMetrics, [change('x', '1')]),
      42,
      'Unknown client metrics configuration: x',
    ],
    [
      'loggers',
      alter(type.brokerLogger, [change('x', 'INFO')]),
      42,
      'Changing the levels of loggers is not supported yet',
    ],
    ['an unknown type', alter(77, []), 42, 'Unknown resource type 77'],
    [
      'a value that is too long',
      topic([change('cleanup.policy', 'x'.repeat(32_768))]),
      40,
      'The value of cleanup.policy is longer than 32767 characters',
    ],
    [
      'a list that grows too long',
      topic([change('follower.replication.throttled.replicas', '1:1,'.repeat(9000), set)]),
      40,
      'The value of follower.replication.throttled.replicas is longer than 32767 characters',
    ],
    [
      'compaction lags that exclude each other',
      topic([change('min.compaction.lag.ms', '9')], [['max.compaction.lag.ms', '5']]),
      40,
      'conflict topic config setting min.compaction.lag.ms (9) > max.compaction.lag.ms (5)',
    ],
  ])('%s', (_, decision, errorCode, message) => {
    expect(decision).toEqual(refusal(errorCode, message))
  })
})

describe('keys that Millrace does not serve', () => {
  it.each<[string, ConfigDecision, string]>([
    ['tiered storage', topic([change('remote.storage.enable', 'true')]), 'remote.storage.enable is not supported yet'],
    [
      'tiered storage at creation',
      topicCreation(new Map([['remote.storage.enable', 'true']]), context),
      'remote.storage.enable is not supported yet',
    ],
    [
      'groups of the new protocol',
      alter(type.group, [change('consumer.session.timeout.ms', '50000')]),
      'consumer.session.timeout.ms is not supported yet',
    ],
    ['client metrics', alter(type.clientMetrics, [change('interval.ms', '1000')]), 'interval.ms is not supported yet'],
    [
      'TLS',
      alter(type.broker, [change('ssl.keystore.location', '/k')], [], '1'),
      'ssl.keystore.location is not supported yet',
    ],
  ])('are refused: %s', (_, decision, message) => {
    expect(decision).toEqual(refusal(40, message))
  })

  it('are taken at their default, which asks for nothing', () => {
    expect(topic([change('remote.storage.enable', 'false'), change('remote.log.copy.disable', 'false')])).toMatchObject(
      {
        kind: 'accepted',
        notices: [],
      },
    )
  })

  it('stay when another version of Kafka set them and something else changes', () => {
    expect(topic([change('segment.ms', '5')], [['remote.storage.enable', 'true']])).toMatchObject({
      kind: 'accepted',
      notices: [],
    })
  })

  it('are taken with a notice when they have none', () => {
    expect(topic([change('preallocate', 'true'), change('cleanup.policy', 'compact')])).toMatchObject({
      kind: 'accepted',
      notices: ['preallocate has no effect: segment files grow as they are written'],
    })
  })
})
