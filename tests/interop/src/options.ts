/** The command line of the suite. */
import { parseArgs } from 'node:util'

export interface Options {
  readonly broker: 'millrace' | 'kafka'
  /** How many records a sample row carries; the full rows carry the whole index, or as many when `isQuick`. */
  readonly sampleCount: number
  readonly isQuick: boolean
  /** How many rows run at a time. */
  readonly width: number
  /** Parts of names; only cases with one of them are run. Empty for all. */
  readonly filters: readonly string[]
  /** Where data and logs are kept after the run; undefined when they are deleted. */
  readonly keep: boolean
}

export const usage = `Usage: npm run test:interop -- [options] [parts of cases' names]
  --broker millrace|kafka  what is tested; with kafka the suite tests itself against Apache Kafka (millrace)
  --records N              records of a sample row (3000)
  --quick                  no row carries the whole index
  --width N                rows at a time (3)
  --keep                   keep data directories and logs, and say where`

export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      broker: { type: 'string', default: 'millrace' },
      records: { type: 'string', default: '3000' },
      width: { type: 'string', default: '3' },
      quick: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  })
  const { broker } = values
  if (broker !== 'millrace' && broker !== 'kafka') throw new Error(`--broker takes millrace or kafka, not ${broker}`)
  return {
    broker,
    sampleCount: countOf('--records', values.records, 100, 1_000_000),
    width: countOf('--width', values.width, 1, 16),
    isQuick: values.quick,
    keep: values.keep,
    filters: positionals,
  }
}

function countOf(name: string, text: string, min: number, max: number): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= min && count <= max) return count
  throw new Error(`${name} takes a number from ${min} to ${max}, not ${text}`)
}
