import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'

describe('parseOptions', () => {
  it('leaves the choices to the scenario', () => {
    expect(parseOptions(['produce'])).toEqual({
      scenario: 'produce',
      peers: undefined,
      on: ['millrace', 'kafka'],
      isQuick: false,
      rounds: 5,
      durationMs: 5000,
      partitions: undefined,
      batchSizes: undefined,
      recordSizes: undefined,
      acks: undefined,
      durability: 'os',
    })
  })

  it('takes lists', () => {
    const options = parseOptions([
      'produce',
      '--peer',
      'kafkajs,java',
      '--on',
      'kafka',
      '--batch',
      '16384,262144',
      '--quick',
    ])
    expect(options).toMatchObject({ peers: ['kafkajs', 'java'], on: ['kafka'], batchSizes: [16384, 262144], rounds: 1 })
  })

  it.each([
    [[], 'One scenario'],
    [['a', 'b'], 'One scenario'],
    [['a', '--peer', 'rabbit'], '--peer takes kafka, null'],
    [['a', '--on', 'java'], '--on takes millrace, kafka'],
    [['a', '--rounds', '0'], '--rounds takes numbers from 1 to 100, not 0'],
    [['a', '--partitions', '1,'], '--partitions takes numbers from 1 to 10000, not '],
    [['a', '--acks', '0'], '--acks takes all, 1, not 0'],
    [['a', '--durability', 'none'], '--durability takes os or fsync'],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message)
  })
})
