import { describe, expect, it } from 'vitest'
import { parseBrokerList } from './broker-list.ts'

describe('parseBrokerList', () => {
  it('reads one, several, and bracketed addresses, once each', () => {
    expect(parseBrokerList('localhost:9092')).toEqual([{ host: 'localhost', port: 9092 }])
    expect(parseBrokerList('a:1, b.example:65535')).toEqual([
      { host: 'a', port: 1 },
      { host: 'b.example', port: 65535 },
    ])
    expect(parseBrokerList(['[::1]:9092', '[fe80::1%eth0]:9093', '10.0.0.1:1'])).toEqual([
      { host: '::1', port: 9092 },
      { host: 'fe80::1%eth0', port: 9093 },
      { host: '10.0.0.1', port: 1 },
    ])
    expect(parseBrokerList(['a:1', 'A:1'])).toHaveLength(1)
  })

  it.each([
    ['', 'it is empty'],
    ['a:1,', 'it is empty'],
    ['localhost', 'host or port is missing'],
    ['localhost:', 'host or port is missing'],
    [':9092', 'host or port is missing'],
    ['a:0', 'not between 1 and 65535'],
    ['a:65536', 'not between 1 and 65535'],
    ['a:123456', 'host or port is missing'],
    ['a:-1', 'host or port is missing'],
    ['a:9092x', 'host or port is missing'],
    ['::1:9092', 'IPv6 address goes in brackets'],
    ['kafka://a:9092', 'it has a protocol'],
    ['a b:1', 'white space'],
    ['a/b:1', 'a character that host names cannot have'],
    [`${'h'.repeat(256)}:1`, 'longer than 255'],
  ])('refuses %j and says why', (text, reason) => {
    expect(() => parseBrokerList(text)).toThrow(reason)
  })

  it('refuses a list without brokers', () => {
    expect(() => parseBrokerList([])).toThrow('at least one is needed')
  })
})
