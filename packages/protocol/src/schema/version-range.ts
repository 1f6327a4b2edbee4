/** Version ranges in Kafka's notation: `3`, `3+`, `3-5`. Both ends are included. */
import { assert } from '@millrace/base'

export interface VersionRange {
  readonly min: number
  /** `Infinity` for an open range. */
  readonly max: number
}

const notation = /^(\d+)(?:(\+)|-(\d+))?$/

/** Parses `3`, `3+` or `3-5`; anything else is a mistake in a declaration. */
export function parseVersions(text: string): VersionRange {
  const match = notation.exec(text)
  assert(match !== null, `a version range such as 3, 3+ or 3-5, not "${text}"`)
  const min = Number(match[1])
  const max = match[2] === '+' ? Infinity : Number(match[3] ?? min)
  assert(min <= max, `a version range that is not empty, not "${text}"`)
  return { min, max }
}

/** True when `version` is in `range`; an undefined range holds nothing. */
export function includesVersion(range: string | undefined, version: number): boolean {
  if (range === undefined) return false
  const { min, max } = parseVersions(range)
  return version >= min && version <= max
}
