/** A programme: cases by number, each of which depends on its number alone. */
import type { Plant } from '../plants/plant.ts'

export interface CaseOutcome {
  /** Of everything that happened. */
  readonly hash: string
  /** What it was, for those who count: how often each was seen. */
  readonly seen?: Readonly<Record<string, number>>
}

export interface Program {
  readonly name: string
  /** What one of its numbers is called. */
  readonly what: string
  /** How many cases there are; undefined when every number is one. */
  countAll(): Promise<number | undefined>
  /** How many are run by default; evenly spread when their number is known, the first ones otherwise. */
  readonly sampleCount: number
  /** Throws what went wrong. */
  run(number: number, options: CaseOptions): Promise<CaseOutcome>
}

export interface CaseOptions {
  readonly plant?: Plant | undefined
  /** Told of everything that happens, for people. */
  readonly print?: ((line: string) => void) | undefined
}

/** A number of its own for every purpose of a case. */
export function seedFor(number: number, purpose: number): number {
  return number * 64 + purpose
}
