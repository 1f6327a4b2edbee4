/** The command line of `npm run demo`. */
import { parseArgs } from 'node:util'

export interface OrdersOptions {
  readonly brokers: string | undefined
  readonly keep: boolean
  /** Orders per second. */
  readonly rate: number
  readonly quick: boolean
  readonly forever: boolean
}

const rateDefault = 60
const rateMax = 5000

export const usage = `npm run demo -- [options]

An order service on Millrace: four groups read a stream of orders while members join, are killed and come back.
Takes about 45 seconds. The exit code is 1 when something that was promised did not hold.

  --brokers HOST:PORT  use this cluster, Millrace or Apache Kafka; without it, the demo starts a broker of its own
  --keep               leave topics, or the broker's data, where they are
  --rate N             orders per second, 1 to ${rateMax} (${rateDefault})
  --quick              in about 15 seconds
  --forever            again and again, until Ctrl-C
  --help               this text
`

/** Undefined: the user wants help. Throws an Error with a sentence for people. */
export function parseOrdersOptions(args: readonly string[]): OrdersOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      brokers: { type: 'string' },
      keep: { type: 'boolean', default: false },
      rate: { type: 'string', default: String(rateDefault) },
      quick: { type: 'boolean', default: false },
      forever: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const rate = Number(values.rate)
  if (!Number.isInteger(rate) || rate < 1 || rate > rateMax) {
    throw new Error(`--rate takes a whole number from 1 to ${rateMax}, not ${values.rate}`)
  }
  return { brokers: values.brokers, keep: values.keep, rate, quick: values.quick, forever: values.forever }
}
