import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'

const names = ['cut', 'power']

describe('parseOptions', () => {
  it('takes a sample of everything, and all planted bugs, when nothing is said', () => {
    const options = parseOptions([], names)
    expect(options).toMatchObject({ programs: [], isExhaustive: false, count: undefined, plants: 'all' })
  })

  it('leaves the planted bugs out when something is asked for', () => {
    for (const args of [['cut'], ['--exhaustive'], ['--seeds', '5'], ['power', '--seed', '5']]) {
      expect(parseOptions(args, names).plants).toBe('none')
    }
  })

  it.each([
    [['melt'], 'There is no programme melt; there are cut, power'],
    [['--seeds', '0'], '--seeds takes a number from 1 to 100000000, not 0'],
    [['--seed', '0x5'], '--seed takes a number from 0 to 100000000, not 0x5'],
    [['--seed', '5'], '--seed needs the name of one programme'],
    [['cut', 'power', '--seed', '5'], '--seed needs the name of one programme'],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args, names)).toThrow(message)
  })
})
