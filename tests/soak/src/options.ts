/** The command line of the soak. */
import { parseArgs } from 'node:util'

export interface Options {
  readonly durationMs: number
  /** From one restart of the broker to the next. */
  readonly restartMs: number
  readonly recordsPerSecond: number
}

export const usage = `npm run test:soak -- [options]
  --minutes N   how long. Default 15
  --restart N   seconds between two restarts of the broker, in turn in order and by kill -9. Default 45
  --rate N      records a second. Default 500`

/** Throws an Error with a sentence for people. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '15' },
      restart: { type: 'string', default: '45' },
      rate: { type: 'string', default: '500' },
    },
  })
  return {
    durationMs: positive('--minutes', values.minutes) * 60_000,
    restartMs: positive('--restart', values.restart) * 1000,
    recordsPerSecond: positive('--rate', values.rate),
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0 && value <= 1e6) return value
  throw new Error(`${name} takes a number above 0, not ${text}`)
}
