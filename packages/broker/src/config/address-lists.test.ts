import { describe, expect, it } from 'vitest'
import {
  connectionLimitList,
  hostList,
  parseConnectionLimits,
  parseHosts,
  parseVoters,
  voterList,
} from './address-lists.ts'

describe('lists of addresses', () => {
  it('are read', () => {
    expect(parseVoters(['1@localhost:9093', '2@[fe80::1]:9094'])).toEqual([
      { id: 1, host: 'localhost', port: 9093 },
      { id: 2, host: 'fe80::1', port: 9094 },
    ])
    expect(parseHosts(['a.b-c:1'])).toEqual([{ host: 'a.b-c', port: 1 }])
    expect([...parseConnectionLimits(' 127.0.0.1:5 , ::1:6,h:0')]).toEqual([
      ['127.0.0.1', 5],
      ['::1', 6],
      ['h', 0],
    ])
    expect(parseVoters([])).toEqual([])
    expect(parseConnectionLimits('').size).toBe(0)
  })

  it.each([
    [
      'a voter without id',
      voterList.problem('k', ['h:1']),
      'Invalid value h:1 for configuration k: must be of the form id@host:port',
    ],
    [
      'a voter with a negative id',
      voterList.problem('k', ['-1@h:1']),
      'Invalid value -1@h:1 for configuration k: must be of the form id@host:port',
    ],
    [
      'a voter id beyond 31 bits',
      voterList.problem('k', ['2147483648@h:1']),
      'Invalid value 2147483648@h:1 for configuration k: must be of the form id@host:port',
    ],
    [
      'a port above 65535',
      hostList.problem('k', ['h:65536']),
      'Invalid value h:65536 for configuration k: must be of the form host:port',
    ],
    [
      'a host without port',
      hostList.problem('k', ['h']),
      'Invalid value h for configuration k: must be of the form host:port',
    ],
    [
      'a limit without host',
      connectionLimitList.problem('k', 'a:1,5'),
      'Invalid value 5 for configuration k: must be of the form host:count',
    ],
    [
      'a limit beyond 31 bits',
      connectionLimitList.problem('k', 'a:9999999999'),
      'Invalid value a:9999999999 for configuration k: must be of the form host:count',
    ],
  ])('refuse %s', (_, problem, message) => {
    expect(problem).toBe(message)
  })
})
