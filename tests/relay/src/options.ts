/** The command line of `npm run test:relay`. */
import { parseArgs } from 'node:util'

export interface Options {
  /** How often the directory goes to Apache Kafka and comes back. */
  readonly rounds: number
  readonly seed: number
  /** Leaves the directory where it is, and says where. */
  readonly isKept: boolean
}

export const usage = 'npm run test:relay -- [--rounds 5] [--seed 1] [--keep]'

export function parseOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
    },
  })
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)]
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) throw new Error(usage)
  return { rounds, seed, isKept: values.keep }
}
