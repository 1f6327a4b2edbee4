/** The command line of the suite. */
import { parseArgs } from 'node:util'

export interface Options {
  readonly broker: 'millrace' | 'kafka'
  /** How many cases are drawn; undefined for all. */
  readonly sampleCount: number | undefined
  readonly seed: number
  /** Exchanges `[1, exchangeMax]` of each flow are struck. */
  readonly exchangeMax: number
  /** Cases at a time. */
  readonly width: number
  /** A case's name, or a part of several names. */
  readonly filter: string | undefined
  /** Print every exchange of every case. */
  readonly trace: boolean
}

export const usage = `Usage: npm run test:faults -- [options] [name or part of names]
  --broker millrace|kafka  behind the proxy (millrace)
  --sample N               only so many of the cases, drawn
  --seed N                 of the sample (1)
  --exchanges N            how many exchanges of each flow are struck (36)
  --width N                cases at a time (48)
  --trace                  print every exchange`

/** Throws an Error with a sentence for people. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      broker: { type: 'string', default: 'millrace' },
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      exchanges: { type: 'string', default: '36' },
      width: { type: 'string', default: '48' },
      trace: { type: 'boolean', default: false },
    },
  })
  const { broker } = values
  if (broker !== 'millrace' && broker !== 'kafka') throw new Error(`--broker takes millrace or kafka, not ${broker}`)
  if (positionals.length > 1) throw new Error('One name at most: put it in quotes')
  return {
    broker,
    sampleCount: values.sample === undefined ? undefined : countOf('--sample', values.sample, 1, 1_000_000),
    seed: countOf('--seed', values.seed, 0, 2 ** 31),
    exchangeMax: countOf('--exchanges', values.exchanges, 1, 1000),
    width: countOf('--width', values.width, 1, 500),
    filter: positionals[0],
    trace: values.trace,
  }
}

function countOf(name: string, text: string, min: number, max: number): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= min && count <= max) return count
  throw new Error(`${name} takes a number from ${min} to ${max}, not ${text}`)
}
