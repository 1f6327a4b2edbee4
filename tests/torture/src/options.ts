/** The command line. */
import { parseArgs } from 'node:util'

export interface Options {
  /** Names of programmes; empty for all. */
  readonly programs: readonly string[]
  /** Every case of the programmes that have an end. */
  readonly isExhaustive: boolean
  /** How many cases of each instead of its sample. */
  readonly count: number | undefined
  /** One case. */
  readonly seed: number | undefined
  /** Which planted bugs to look for: all, none, or one by name. */
  readonly plants: 'all' | 'none' | { readonly name: string }
  readonly width: number | undefined
}

export const usage = `npm run test:storage-torture -- [cut|flip|power|errors|model ...] [options]
  --seeds N      so many cases of each programme; those of one that has an end are spread evenly
  --exhaustive   every case of cut, flip and errors; with --seeds, so many of power and model
  --seed S       one case, with what it does
  --plant NAME   with a planted bug; alone, looks for it
  --width N      threads
Without options: a sample of each, and all planted bugs.`

const countMax = 100_000_000

/** Throws an Error with a sentence for people. */
export function parseOptions(args: readonly string[], names: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      exhaustive: { type: 'boolean', default: false },
      seeds: { type: 'string' },
      seed: { type: 'string' },
      plant: { type: 'string' },
      width: { type: 'string' },
    },
  })
  const unknown = positionals.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`There is no programme ${unknown}; there are ${names.join(', ')}`)
  const { seed, seeds, plant, width, exhaustive } = values
  const isPlain = seed === undefined && seeds === undefined && !exhaustive && positionals.length === 0
  const options: Options = {
    programs: positionals,
    isExhaustive: exhaustive,
    count: numberOf('--seeds', seeds, 1),
    seed: numberOf('--seed', seed, 0),
    plants: plant === undefined ? (isPlain ? 'all' : 'none') : { name: plant },
    width: numberOf('--width', width, 1),
  }
  if (seed !== undefined && positionals.length !== 1 && plant === undefined) {
    throw new Error('--seed needs the name of one programme')
  }
  return options
}

function numberOf(name: string, text: string | undefined, min: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= countMax) return value
  throw new Error(`${name} takes a number from ${min} to ${countMax}, not ${text}`)
}
