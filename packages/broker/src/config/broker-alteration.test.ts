import { describe, expect, it } from 'vitest'
import { brokerRefusal } from './broker-alteration.ts'
import { parseBrokerConfig } from './broker-config.ts'
import { brokerKeys } from './broker-keys.ts'
import { singleNodeProperties } from './single-node-defaults.ts'

const broker = parseBrokerConfig(singleNodeProperties())

function refusal(resource: string, name: string, text: string | undefined, before?: string, isElrEnabled = true) {
  const maps = [before, text].map((value) => new Map(value === undefined ? [] : [[name, value]]))
  const [old, after] = maps as [Map<string, string>, Map<string, string>]
  return brokerRefusal(
    resource,
    { before: old, after, changed: [...after.keys()].filter((key) => old.get(key) !== after.get(key)) },
    { broker, isElrEnabled },
  )
}

describe('brokerRefusal', () => {
  it('lets keys change that can', () => {
    expect(refusal('', 'message.max.bytes', '1500000')).toBeUndefined()
    expect(refusal('1', 'log.cleaner.threads', '2')).toBeUndefined()
    expect(refusal('1', 'max.connections', '10')).toBeUndefined()
  })

  it('refuses every key that can not change while a broker runs', () => {
    for (const { name } of [...brokerKeys.values()].filter(({ update }) => update === 'read-only')) {
      expect(refusal('1', name, 'x'), name).toEqual({
        errorCode: 42,
        message: `Cannot update these configs dynamically: [${name}]`,
      })
    }
  })

  it.each<[string, string, string, string, number, string]>([
    ['a broker that is no number', 'abc', 'message.max.bytes', '1', 42, 'Node id must be an integer, but it is: abc'],
    [
      'a key of one broker for all',
      '',
      'ssl.keystore.location',
      '/x',
      42,
      'Cannot update these configs at default cluster level, broker id must be specified: [ssl.keystore.location]',
    ],
    [
      'a key that nobody knows',
      '1',
      'no.such.key.at.all',
      '1',
      40,
      'no.such.key.at.all is not a key of Apache Kafka 4.3 or of Millrace; leave it out',
    ],
    [
      "a key of Millrace's file",
      '1',
      'millrace.durability',
      'os',
      42,
      'Cannot update these configs dynamically: [millrace.durability]',
    ],
    [
      'a key of one listener',
      '1',
      'listener.name.x.ssl.keystore.type',
      'PEM',
      40,
      'listener.name.x.ssl.keystore.type is not supported yet',
    ],
    [
      'new listeners',
      '1',
      'listeners',
      'PLAINTEXT://:1',
      40,
      'Changing listeners while the broker runs is not supported yet; change it in the file and restart',
    ],
    [
      'a value that is none',
      '',
      'message.max.bytes',
      'x',
      42,
      'Invalid value x for configuration message.max.bytes: Not a number of type INT',
    ],
    [
      'a value out of range',
      '',
      'log.segment.bytes',
      '1',
      42,
      'Invalid value 1 for configuration log.segment.bytes: Value must be at least 1048576',
    ],
    [
      'limits of addresses that are none',
      '',
      'max.connections.per.ip.overrides',
      'x',
      42,
      'Invalid value x for configuration max.connections.per.ip.overrides: must be of the form host:count',
    ],
    [
      'a value against another',
      '',
      'log.cleaner.dedupe.buffer.size',
      '1',
      42,
      'log.cleaner.dedupe.buffer.size must be at least 1048576 for each of the log.cleaner.threads',
    ],
    [
      'more than double the threads',
      '',
      'num.io.threads',
      '17',
      42,
      'Dynamic thread count update validation failed for num.io.threads=17, value should not be greater than double the current value 8',
    ],
    [
      'less than half the threads',
      '',
      'num.io.threads',
      '3',
      42,
      'Dynamic thread count update validation failed for num.io.threads=3, value should be at least half the current value 8',
    ],
    [
      'no threads',
      '',
      'log.cleaner.threads',
      '0',
      42,
      'Dynamic thread count update validation failed for log.cleaner.threads=0, value should be at least 1',
    ],
  ])('refuses %s', (_, resource, name, text, errorCode, message) => {
    expect(refusal(resource, name, text)).toEqual({ errorCode, message })
  })
})

describe('min.insync.replicas with eligible leader replicas', () => {
  const name = 'min.insync.replicas'

  it('may not be set for one broker', () => {
    const message = 'Broker-level min.insync.replicas cannot be altered while ELR is enabled.'
    expect(refusal('1', name, '2')).toEqual({ errorCode: 40, message })
    expect(refusal('1', name, '2', undefined, false)).toBeUndefined()
  })

  it('may be changed and not removed for the cluster', () => {
    expect(refusal('', name, '2', '1')).toBeUndefined()
    const message = 'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.'
    expect(refusal('', name, undefined, '1')).toEqual({ errorCode: 40, message })
    expect(refusal('', name, undefined, '1', false)).toBeUndefined()
  })
})
