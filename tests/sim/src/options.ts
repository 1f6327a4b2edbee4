/** The command line of the simulation. */
import { parseArgs } from 'node:util'

export interface Options {
  /** Inclusive. */
  readonly firstSeed: number
  /** Inclusive. */
  readonly lastSeed: number
  /** Print every event. */
  readonly trace: boolean
  /** Which planted bugs to look for: all, none, or one by name. */
  readonly plants: 'all' | 'none' | { readonly name: string }
}

export const usage = `npm run test:sim -- [options]
  --seed N       one seed
  --seeds A-B    the seeds from A to B
  --trace        print every event of the seed
  --plant NAME   with a planted bug; alone, looks for the bug from seed 1 on
Without options: 200 seeds, and all planted bugs.`

const seedCountDefault = 200
const seedMax = 2 ** 31

/** Throws an Error with a sentence for people. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      trace: { type: 'boolean', default: false },
      plant: { type: 'string' },
    },
  })
  const { seed, seeds, trace, plant } = values
  if (seed !== undefined && seeds !== undefined) throw new Error('Give --seed or --seeds, not both')
  const range = seed === undefined ? seeds : `${seed}-${seed}`
  if (trace && seed === undefined) throw new Error('--trace needs --seed')
  const plants = plant !== undefined ? { name: plant } : range === undefined ? 'all' : 'none'
  // A bug that is looked for begins with the first seed; how many there are, it says itself.
  if (range === undefined) return { firstSeed: 1, lastSeed: plant === undefined ? seedCountDefault : 0, trace, plants }
  const match = /^(\d+)-(\d+)$/.exec(range)
  const [firstSeed, lastSeed] = [Number(match?.[1]), Number(match?.[2])]
  if (match === null || firstSeed > lastSeed || lastSeed > seedMax) {
    throw new Error(`Seeds are a number, or two like 1-200, up to ${seedMax}; not ${range}`)
  }
  return { firstSeed, lastSeed, trace, plants }
}
