/** The list of assignors. To add one, add a line. */
import type { Assignor } from './assignor.ts'
import { range } from './range.ts'
import { roundRobin } from './round-robin.ts'

export const assignors: readonly Assignor[] = [range, roundRobin]

/** Undefined for a name that is not built in. */
export function assignorByName(name: string): Assignor | undefined {
  return assignors.find((assignor) => assignor.name === name)
}
