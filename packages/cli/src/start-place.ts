/** Where `millrace consume` begins, from what was asked for. Pure. */
import type { StartAt } from '@millrace/consumer'
import { UsageError } from './command.ts'

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A point in time: milliseconds since 1970, a date as in ISO 8601, or how long ago: `90s`, `10m`, `2h`, `1d`. */
export function parseTime(text: string, nowMs: number): number {
  const ago = /^(\d+)([smhd])$/.exec(text)
  if (ago !== null) return Math.max(0, nowMs - Number(ago[1]) * (unitsMs[ago[2] as string] as number))
  // Date.parse alone takes nearly anything for a date.
  const isDate = /^\d{4}-\d{2}-\d{2}/.test(text)
  const timestamp = isDate ? Date.parse(text) : /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return timestamp
  throw new UsageError(
    `--since takes a date (2026-01-31T12:00:00Z), milliseconds since 1970 or a duration (10m), not ${JSON.stringify(text)}`,
  )
}

/** What the command line says about the beginning. */
export interface StartOptions {
  readonly fromBeginning: boolean
  readonly since: string | undefined
  readonly offset: number | undefined
  readonly partition: number | undefined
  readonly group: string | undefined
  readonly topicCount: number
}

/** Throws {@link UsageError} for what contradicts itself. */
export function startPlace(options: StartOptions, nowMs: number): StartAt {
  const { fromBeginning, since, offset, partition, group, topicCount } = options
  if ([fromBeginning, since !== undefined, offset !== undefined].filter(Boolean).length > 1) {
    throw new UsageError('--from-beginning, --since and --offset exclude each other')
  }
  if (offset !== undefined && partition === undefined) {
    throw new UsageError('--offset needs --partition: each partition has offsets of its own')
  }
  if (offset !== undefined && offset < 0) throw new UsageError(`--offset takes a number from 0 on, not ${offset}`)
  if (partition !== undefined && partition < 0)
    throw new UsageError(`--partition takes a number from 0 on, not ${partition}`)
  if (partition !== undefined && group !== undefined) {
    throw new UsageError('--partition is for reading without a group: a group shares out the partitions itself')
  }
  if (partition !== undefined && topicCount > 1) throw new UsageError('--partition is for one topic')
  if (since !== undefined) return { timestamp: parseTime(since, nowMs) }
  return fromBeginning ? 'earliest' : 'latest'
}
