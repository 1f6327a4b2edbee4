import { expect, it } from 'vitest'
import { parseOptions } from './options.ts'

it('takes 200 seeds and all planted bugs when nothing is said', () => {
  expect(parseOptions([])).toEqual({ firstSeed: 1, lastSeed: 200, trace: false, plants: 'all' })
})

it('takes one seed or a range, and then no planted bugs', () => {
  expect(parseOptions(['--seed', '7', '--trace'])).toEqual({ firstSeed: 7, lastSeed: 7, trace: true, plants: 'none' })
  expect(parseOptions(['--seeds', '3-9'])).toEqual({ firstSeed: 3, lastSeed: 9, trace: false, plants: 'none' })
})

it('looks for a planted bug from its first seed on, or in the seed that is named', () => {
  expect(parseOptions(['--plant', 'x'])).toEqual({ firstSeed: 1, lastSeed: 0, trace: false, plants: { name: 'x' } })
  expect(parseOptions(['--plant', 'x', '--seed', '4']).firstSeed).toBe(4)
})

it.each([
  [['--seeds', '9-3'], '9-3'],
  [['--seed', 'x'], 'x-x'],
  [['--seed', '1', '--seeds', '1-2'], 'not both'],
  [['--trace'], 'needs --seed'],
])('refuses %j', (args, reason) => {
  expect(() => parseOptions(args)).toThrow(reason)
})
