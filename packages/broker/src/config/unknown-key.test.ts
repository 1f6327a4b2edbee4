import { describe, expect, it } from 'vitest'
import { explainUnknownKey } from './unknown-key.ts'

describe('explainUnknownKey', () => {
  it.each([
    ['zookeeper.connect', 'zookeeper.connect was removed in Apache Kafka 4; leave it out'],
    ['inter.broker.protocol.version', 'inter.broker.protocol.version was removed in Apache Kafka 4; leave it out'],
    ['super.users', 'super.users is not supported yet'],
    ['listener.name.ssl.ssl.keystore.location', 'listener.name.ssl.ssl.keystore.location is not supported yet'],
    ['log.dri', 'log.dri is not a known key; did you mean log.dir?'],
    ['millrace.durabilty', 'millrace.durabilty is not a known key; did you mean millrace.durability?'],
    [
      'something.else.entirely',
      'something.else.entirely is not a key of Apache Kafka 4.3 or of Millrace; leave it out',
    ],
  ])('%s', (name, message) => {
    expect(explainUnknownKey(name)).toBe(message)
  })

  it('shows a very long name in part, and looks for none like it', () => {
    expect(explainUnknownKey('x'.repeat(100_000)).length).toBeLessThan(250)
  })
})
