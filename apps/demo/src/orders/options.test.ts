import { expect, it } from 'vitest'
import { parseOrdersOptions } from './options.ts'

it('understands its command line', () => {
  const defaults = { brokers: undefined, keep: false, rate: 60, quick: false, forever: false }
  expect(parseOrdersOptions([])).toEqual(defaults)
  expect(parseOrdersOptions(['--brokers', 'kafka:9092', '--rate', '5', '--quick'])).toEqual({
    ...defaults,
    brokers: 'kafka:9092',
    rate: 5,
    quick: true,
  })
  expect(parseOrdersOptions(['-h'])).toBeUndefined()
})

it.each([['--rate', '0'], ['--rate', 'fast'], ['--rate', '1e9'], ['--fast'], ['orders']])(
  'refuses %s %s',
  (...args) => {
    expect(() => parseOrdersOptions(args)).toThrow()
  },
)
