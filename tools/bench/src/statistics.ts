/** Medians and ratios of the runs of one thing. */

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Throws for no values: there is nothing to say about them. */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error('A summary of no values')
  const sorted = values.toSorted((a, b) => a - b)
  return { median: quantile(sorted, 0.5), min: sorted[0]!, max: sorted.at(-1)! }
}

/** The value below which `part` of the sorted values are; between two of them when it falls there. */
export function quantile(sorted: readonly number[], part: number): number {
  if (sorted.length === 0) throw new Error('A quantile of no values')
  const place = (sorted.length - 1) * part
  const low = sorted[Math.floor(place)]!
  const high = sorted[Math.ceil(place)]!
  return low + (high - low) * (place - Math.floor(place))
}

/** The median of what each round says of a to b: rounds are compared with themselves, because machines change their speed. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  const count = Math.min(a.length, b.length)
  return summarize(a.slice(0, count).map((value, round) => value / b[round]!)).median
}
