/** What a command is: a value with a name, options, examples, and a function that does it. */
import type { Terminal } from './terminal.ts'

export interface OptionSpec {
  /** `flag` takes no value; `text` and `number` take one; `texts` may be given several times. */
  readonly kind: 'flag' | 'text' | 'number' | 'texts'
  readonly summary: string
  /** One letter, for `-x`. */
  readonly short?: string
  /** Shown in the help; the command applies it. */
  readonly default?: string
  /** What to call the value in the help: PORT, DIR. */
  readonly value?: string
  /** The only values allowed. */
  readonly choices?: readonly string[]
}

export interface PositionalSpec {
  readonly name: string
  readonly summary: string
  readonly isOptional?: boolean
  /** Takes all that follow. */
  readonly isMany?: boolean
}

export interface Example {
  readonly command: string
  readonly summary: string
}

/** What was given on the command line, checked against the command's specs. */
export interface CommandInput {
  readonly positionals: readonly string[]
  flag(name: string): boolean
  text(name: string): string | undefined
  number(name: string): number | undefined
  texts(name: string): readonly string[]
}

export interface CommandContext {
  readonly terminal: Terminal
  /** The module that worker threads run. Undefined: all is done in this thread. */
  readonly workerEntry?: () => URL
}

export interface Command {
  /** One or two words: `start`, `topic create`. */
  readonly name: string
  readonly summary: string
  readonly positionals?: readonly PositionalSpec[]
  readonly options: Readonly<Record<string, OptionSpec>>
  readonly examples: readonly Example[]
  /** The exit code. Throws {@link UsageError} or {@link CommandError} with what a person can do about it. */
  run(input: CommandInput, context: CommandContext): Promise<number>
}

export const exitCode = { ok: 0, failed: 1, usage: 2 } as const

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command could not be done; the message is for people. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
