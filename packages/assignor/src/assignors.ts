/** The list of assignors. To add one, add a line. */
import type { Assignor } from './assignor.ts'
import { cooperativeSticky } from './cooperative-sticky.ts'
import { range } from './range.ts'
import { roundRobin } from './round-robin.ts'
import { sticky } from './sticky.ts'

/** Every built-in assignor. Which of them a consumer offers by default is the consumer's decision. */
export const assignors: readonly Assignor[] = [range, roundRobin, sticky, cooperativeSticky]

/** Undefined for a name that is not built in. */
export function assignorByName(name: string): Assignor | undefined {
  return assignors.find((assignor) => assignor.name === name)
}
