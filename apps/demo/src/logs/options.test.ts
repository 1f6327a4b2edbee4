import { expect, it } from 'vitest'
import { parseLogsOptions } from './options.ts'

it('understands its command line', () => {
  const defaults = { brokers: undefined, keep: false, word: 'error', archive: undefined, seconds: 5 }
  expect(parseLogsOptions([])).toEqual(defaults)
  expect(parseLogsOptions(['--search', 'dpkg', '--archive', 'logs', '--seconds', '0'])).toEqual({
    ...defaults,
    word: 'dpkg',
    archive: 'logs',
    seconds: 0,
  })
  expect(parseLogsOptions(['--help'])).toBeUndefined()
})

it.each([['--seconds', '-1'], ['--seconds', 'x'], ['--search', ''], ['--find'], ['x']])('refuses %s %s', (...args) => {
  expect(() => parseLogsOptions(args)).toThrow()
})
