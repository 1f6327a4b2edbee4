/** What is wrong with a configuration, all of it at once, in words for the person who wrote it. */

export interface ConfigProblem {
  readonly key: string
  /** As written; undefined when the key is missing. Never a password. */
  readonly value: string | undefined
  /** Says what is wrong and what to do; names the key. */
  readonly message: string
  /** Line in the file, where there is one. */
  readonly line?: number
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    super([`The configuration has ${count}:`, ...problems.map(formatProblem)].join('\n'))
    this.problems = problems
  }
}

const formatProblem = ({ message, line }: ConfigProblem): string =>
  line === undefined ? `  - ${message}` : `  - ${message} (line ${line})`
