/** How fast something grows: pure. */

export interface Sample {
  readonly minutes: number
  readonly value: number
}

/** The slope of the line of least squares, per minute; 0 for fewer than two samples. */
export function slopePerMinute(samples: readonly Sample[]): number {
  const count = samples.length
  if (count < 2) return 0
  const meanX = samples.reduce((sum, { minutes }) => sum + minutes, 0) / count
  const meanY = samples.reduce((sum, { value }) => sum + value, 0) / count
  let above = 0
  let below = 0
  for (const { minutes, value } of samples) {
    above += (minutes - meanX) * (value - meanY)
    below += (minutes - meanX) ** 2
  }
  return below === 0 ? 0 : above / below
}

/** Counts by name, as `2 TCPSocketWrap, 1 Timeout`. */
export function countByName(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')
}
