import { AssertionError } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { brokerKeys } from './broker-keys.ts'
import { ConfigValues, longToNumber, unlimited } from './config-values.ts'

const values = ConfigValues.parse(
  brokerKeys,
  new Map([
    ['log.retention.ms', '5'],
    ['log.dirs', '/a'],
    ['not.in.the.table', 'x'],
  ]),
)

describe('ConfigValues', () => {
  it('gives what was set, else the default', () => {
    expect(values.number('log.retention.ms')).toBe(5)
    expect(values.number('log.retention.hours')).toBe(168)
    expect(values.list('log.dirs')).toEqual(['/a'])
    expect(values.textOrNull('broker.rack')).toBeNull()
    expect(values.boolean('auto.create.topics.enable')).toBe(true)
    expect(values.isSet('log.retention.ms')).toBe(true)
    expect(values.isSet('log.retention.hours')).toBe(false)
  })

  it('shows the exact value of a long that no number can hold', () => {
    expect(values.format('log.flush.interval.messages')).toBe('9223372036854775807')
    expect(values.number('log.flush.interval.messages')).toBe(unlimited)
  })

  it.each([
    ['a number of a key without value', () => values.number('log.roll.ms')],
    ['a list of a number', () => values.list('num.partitions')],
    ['a boolean of text', () => values.boolean('broker.rack')],
    ['text of a list', () => values.text('listeners')],
    ['a key of another table', () => values.get('retention.ms')],
  ])('takes it for a bug to ask for %s', (_, ask) => {
    expect(ask).toThrow(AssertionError)
  })
})

describe('longToNumber', () => {
  it.each([
    [0n, 0],
    [-1n, -1],
    [9_007_199_254_740_991n, unlimited],
    [9_007_199_254_740_992n, unlimited],
    [-9_223_372_036_854_775_808n, -unlimited],
  ])('makes %d a number that comparisons can use', (long, number) => {
    expect(longToNumber(long)).toBe(number)
  })
})
