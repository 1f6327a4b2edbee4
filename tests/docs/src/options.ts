/** The command line of the suite. */
import { parseArgs } from 'node:util'

export interface Options {
  /** Commands run in a copy of what is in the working tree, not in a clone of the last commit. */
  readonly isWorktree: boolean
  readonly parts: readonly ('examples' | 'commands')[]
}

export const usage = `npm run test:docs -- [options]
  --worktree                 commands run in a copy of the working tree; without it, in a clone of HEAD
  --only examples|commands   one part`

/** Throws an Error with a sentence for people. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { worktree: { type: 'boolean', default: false }, only: { type: 'string' } },
  })
  const { worktree, only } = values
  if (only !== undefined && only !== 'examples' && only !== 'commands') {
    throw new Error(`--only takes examples or commands, not ${only}`)
  }
  return { isWorktree: worktree, parts: only === undefined ? ['examples', 'commands'] : [only] }
}
