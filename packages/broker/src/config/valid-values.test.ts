import { describe, expect, it } from 'vitest'
import type { ConfigValue, ValidValues } from './key.ts'
import {
  atLeast,
  between,
  betweenOr,
  distinct,
  distinctNotEmpty,
  distinctOrEmpty,
  nonEmptyText,
  oneOf,
  oneOfAnyCase,
  shareOffsetReset,
  throttledReplicas,
} from './valid-values.ts'

const anything = 'any non-empty value'
const levels = distinct({ mayBeEmpty: false, choices: ['a', 'b'] })

describe('valid values', () => {
  it.each<[string, ValidValues, ConfigValue]>([
    ['the lower bound', atLeast(1), 1],
    ['a long above the bound', atLeast(1), 9_223_372_036_854_775_807n],
    ['the upper bound', between(0, 1), 1],
    ['the value outside of the range', betweenOr(1, 9, -1), -1],
    ['a choice', oneOf('a', 'b'), 'b'],
    ['a choice in another case', oneOfAnyCase('DISABLED'), 'disabled'],
    ['some text', nonEmptyText, 'x'],
    ['an empty list', distinctOrEmpty, []],
    ['a list of choices', levels, ['b', 'a']],
    ['pairs of partition and broker', throttledReplicas, ['0:1', '1:2']],
    ['all replicas', throttledReplicas, ['*']],
    ['no replicas', throttledReplicas, []],
    ['latest', shareOffsetReset, 'latest'],
    ['a duration', shareOffsetReset, 'by_duration:P1DT2H3M4.5S'],
    ['no value', atLeast(1), null],
  ])('let %s through', (_, valid, value) => {
    expect(valid.problem('k', value)).toBeUndefined()
  })

  it.each<[string, ValidValues, ConfigValue, string]>([
    ['a value below', atLeast(1), 0, 'Invalid value 0 for configuration k: Value must be at least 1'],
    ['a long below', atLeast(1), -1n, 'Invalid value -1 for configuration k: Value must be at least 1'],
    ['a value above', between(0, 1), 1.5, 'Invalid value 1.5 for configuration k: Value must be no more than 1'],
    [
      'a value between',
      betweenOr(1, 9, -1),
      0,
      'Invalid value 0 for configuration k: Value must be between 1 and 9 or equal to -1',
    ],
    ['another choice', oneOf('a', 'b'), 'c', 'Invalid value c for configuration k: String must be one of: a, b'],
    [
      'another choice in any case',
      oneOfAnyCase('A'),
      'c',
      'Invalid value c for configuration k: String must be one of (case insensitive): A',
    ],
    ['no text', nonEmptyText, '', 'Invalid value  for configuration k: String must be non-empty'],
    ['an empty list', distinctNotEmpty, [], `Configuration 'k' must not be empty. Valid values include: ${anything}`],
    ['an empty list of choices', levels, [], "Configuration 'k' must not be empty. Valid values include: a, b"],
    ['a repeated element', distinctOrEmpty, ['x', 'x'], "Configuration 'k' values must not be duplicated."],
    ['an empty element', distinctOrEmpty, ['x', ''], "Configuration 'k' values must not be empty."],
    [
      'an element that is no choice',
      levels,
      ['a', 'z'],
      'Invalid value z for configuration k: String must be one of: a, b',
    ],
    [
      'a replica without broker',
      throttledReplicas,
      ['0'],
      "k must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
    ],
    [
      'an empty duration',
      shareOffsetReset,
      'by_duration:P',
      'Invalid value by_duration:P for configuration k: must be one of [latest, earliest, by_duration:PnDTnHnMn.nS]',
    ],
    [
      'a negative duration',
      shareOffsetReset,
      'by_duration:-P1D',
      'Invalid value by_duration:-P1D for configuration k: must be one of [latest, earliest, by_duration:PnDTnHnMn.nS]',
    ],
  ])('refuse %s', (_, valid, value, message) => {
    expect(valid.problem('k', value)).toBe(message)
  })
})
