import { describe, expect, it } from 'vitest'
import { brokerKeys } from './broker-keys.ts'
import { ConfigValues } from './config-values.ts'
import { resolveListeners } from './listener.ts'

const base: [string, string][] = [
  ['process.roles', 'broker,controller'],
  ['controller.listener.names', 'CONTROLLER'],
  ['listeners', 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093'],
]
const resolve = (...overrides: [string, string][]) =>
  resolveListeners(ConfigValues.parse(brokerKeys, new Map([...base, ...overrides])))
const messages = (...overrides: [string, string][]) => resolve(...overrides).problems.map(({ message }) => message)

describe('resolveListeners', () => {
  it('advertises where it listens, without the controller', () => {
    const { setup, problems } = resolve()
    expect(problems).toEqual([])
    expect(setup.advertisedListeners.map(({ name, port }) => [name, port])).toEqual([['PLAINTEXT', 9092]])
    expect(setup.interBrokerListenerName).toBe('PLAINTEXT')
    expect(setup.listenerSecurityProtocols.get('CONTROLLER')).toBe('PLAINTEXT')
  })

  it('compares names without case, and reads every kind of host', () => {
    const { setup, problems } = resolve(
      ['listeners', 'plaintext://:9092,Controller://[::1]:0,EXTERNAL://kafka.example:19092'],
      ['listener.security.protocol.map', 'Plaintext:plaintext, controller:PLAINTEXT,external:PLAINTEXT,TLS:SSL'],
      ['inter.broker.listener.name', 'external'],
    )
    expect(problems).toEqual([])
    expect(setup.listeners).toEqual([
      { name: 'PLAINTEXT', host: '', port: 9092, protocol: 'PLAINTEXT', securityProtocol: 0 },
      { name: 'CONTROLLER', host: '::1', port: 0, protocol: 'PLAINTEXT', securityProtocol: 0 },
      { name: 'EXTERNAL', host: 'kafka.example', port: 19_092, protocol: 'PLAINTEXT', securityProtocol: 0 },
    ])
    expect(setup.interBrokerListenerName).toBe('EXTERNAL')
  })

  it('lets one port be used for IPv4 and for IPv6', () => {
    const map: [string, string] = [
      'listener.security.protocol.map',
      'PLAINTEXT:PLAINTEXT,SIX:PLAINTEXT,CONTROLLER:PLAINTEXT',
    ]
    expect(messages(map, ['listeners', 'PLAINTEXT://127.0.0.1:9092,SIX://[::1]:9092,CONTROLLER://:9093'])).toEqual([])
    expect(messages(map, ['listeners', 'PLAINTEXT://127.0.0.1:9092,SIX://localhost:9092,CONTROLLER://:9093'])).toEqual([
      'listeners gives PLAINTEXT and SIX the same port 9092',
    ])
  })

  it.each<[string, [string, string][], string]>([
    [
      'an endpoint without a port',
      [['listeners', 'PLAINTEXT://h,CONTROLLER://:1']],
      'listeners holds "PLAINTEXT://h", which is not of the form NAME://host:port',
    ],
    [
      'a port that is none',
      [['listeners', 'PLAINTEXT://h:99999,CONTROLLER://:1']],
      'listeners holds "PLAINTEXT://h:99999", whose port 99999 is above 65535',
    ],
    [
      'a host that is none',
      [['listeners', 'PLAINTEXT://a b:1,CONTROLLER://:1']],
      'listeners holds "PLAINTEXT://a b:1", whose host a b has characters that no host name has',
    ],
    [
      'a name without a protocol',
      [['listeners', 'OTHER://:1,CONTROLLER://:2']],
      'listeners names the listener OTHER, which listener.security.protocol.map gives no security protocol',
    ],
    [
      'a name twice',
      [['listeners', 'PLAINTEXT://:1,PLAINTEXT://:2,CONTROLLER://:3']],
      'listeners names the listener PLAINTEXT twice',
    ],
    [
      'TLS',
      [['listeners', 'PLAINTEXT://:1,SSL://:2,CONTROLLER://:3']],
      'listeners has SSL with the security protocol SSL, which is not supported yet; use PLAINTEXT',
    ],
    [
      'a map that is none',
      [['listener.security.protocol.map', 'PLAINTEXT']],
      'listener.security.protocol.map holds "PLAINTEXT", which is not of the form NAME:PROTOCOL',
    ],
    [
      'an unknown protocol',
      [['listener.security.protocol.map', 'PLAINTEXT:TLS']],
      'listener.security.protocol.map gives PLAINTEXT the protocol TLS; it must be one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL',
    ],
    [
      'all addresses advertised',
      [['listeners', 'PLAINTEXT://0.0.0.0:1,CONTROLLER://:2']],
      'advertised.listeners is not set, and listeners has the address 0.0.0.0 for PLAINTEXT; set advertised.listeners to an address that others can connect to',
    ],
    [
      'a listener advertised that does not listen',
      [['advertised.listeners', 'PLAINTEXT://h:1,SSL://h:2']],
      'advertised.listeners names the listener SSL, which is not in listeners',
    ],
    [
      'no controller listener',
      [['listeners', 'PLAINTEXT://:1']],
      'controller.listener.names names no listener that is in listeners, and the controller role needs one',
    ],
    [
      'a controller listener on a pure broker',
      [['process.roles', 'broker']],
      'controller.listener.names names CONTROLLER, which must not be in listeners of a node without the controller role',
    ],
    [
      'brokers on the controller listener',
      [['inter.broker.listener.name', 'CONTROLLER']],
      'inter.broker.listener.name is CONTROLLER, which controller.listener.names keeps for the controller',
    ],
    [
      'brokers on a listener that is not advertised',
      [['inter.broker.listener.name', 'OTHER']],
      'brokers reach each other by the listener OTHER, which is not advertised; set inter.broker.listener.name to one that is',
    ],
    [
      'two ways to name the listener of brokers',
      [
        ['inter.broker.listener.name', 'PLAINTEXT'],
        ['security.inter.broker.protocol', 'PLAINTEXT'],
      ],
      'set either inter.broker.listener.name or security.inter.broker.protocol, not both',
    ],
  ])('refuses %s', (_, overrides, message) => {
    expect(messages(...overrides)).toContain(message)
  })
})
