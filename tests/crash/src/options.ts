/** The command line of the crash test. */
import { parseArgs } from 'node:util'

export interface Options {
  readonly seed: number
  readonly cycleCount: number
  readonly durability: 'fsync' | 'os'
}

export const usage = `npm run test:crash -- [options]
  --seed N               what is drawn: sizes, pauses, the moments of the kills. Default 1
  --cycles N             how often the broker is killed. Default 50
  --durability fsync|os  default fsync`

/** Throws an Error with a sentence for people. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      cycles: { type: 'string', default: '50' },
      durability: { type: 'string', default: 'fsync' },
    },
  })
  const { durability } = values
  if (durability !== 'fsync' && durability !== 'os')
    throw new Error(`--durability takes fsync or os, not ${durability}`)
  return { seed: whole('--seed', values.seed), cycleCount: whole('--cycles', values.cycles), durability }
}

function whole(name: string, text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= 2 ** 31) return value
  throw new Error(`${name} takes a whole number, not ${text}`)
}
