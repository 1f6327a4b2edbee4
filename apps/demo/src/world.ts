/** What a program gets from outside, so that tests can give it something else. */
import type { Clock, Random } from '@millrace/base'
import type { Terminal } from './terminal/terminal.ts'

export interface World {
  readonly terminal: Terminal
  readonly clock: Clock
  readonly random: Random
  /** Aborted when the user or the system asks the program to end; its reason is an {@link Interrupted}. */
  readonly signal: AbortSignal
}

export const exitCodes = { passed: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** Why everything ends early: Ctrl-C, or a signal of the system. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Something went wrong that a sentence explains: nobody needs to see where in the code. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}
