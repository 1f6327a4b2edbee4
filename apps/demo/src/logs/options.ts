/** The command line of `npm run demo:logs`. */
import { parseArgs } from 'node:util'

export interface LogsOptions {
  readonly brokers: string | undefined
  readonly keep: boolean
  /** What is searched for. */
  readonly word: string
  /** Where the archive is left; undefined for one that is removed. */
  readonly archive: string | undefined
  /** How long producing takes, at least. */
  readonly seconds: number
}

const wordDefault = 'error'
const secondsDefault = 5
const secondsMax = 3600

export const usage = `npm run demo:logs -- [options]

This machine's log files through Millrace: one reader searches, one alerts, one archives and proves it.
The exit code is 1 when something that was promised did not hold.

  --brokers HOST:PORT  use this cluster, Millrace or Apache Kafka; without it, the demo starts a broker of its own
  --keep               leave the topic, or the broker's data, where it is
  --search WORD        what to search for (${wordDefault})
  --archive DIR        write the archive there and leave it; the directory must not have one already
  --seconds N          spread the lines over so many seconds, 0 to ${secondsMax} (${secondsDefault})
  --help               this text
`

/** Undefined: the user wants help. Throws an Error with a sentence for people. */
export function parseLogsOptions(args: readonly string[]): LogsOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      brokers: { type: 'string' },
      keep: { type: 'boolean', default: false },
      search: { type: 'string', default: wordDefault },
      archive: { type: 'string' },
      seconds: { type: 'string', default: String(secondsDefault) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const seconds = Number(values.seconds)
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > secondsMax) {
    throw new Error(`--seconds takes a whole number from 0 to ${secondsMax}, not ${values.seconds}`)
  }
  if (values.search === '') throw new Error('--search takes a word')
  return { brokers: values.brokers, keep: values.keep, word: values.search, archive: values.archive, seconds }
}
