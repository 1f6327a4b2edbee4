/** From words to an exit code: finds the command, shows help, runs it, and says in one line what went wrong. */
import { parseInput } from './arguments.ts'
import { type Command, type CommandContext, CommandError, exitCode, UsageError } from './command.ts'
import { commandHelp, overview } from './help.ts'

export async function runCommand(
  commands: readonly Command[],
  words: readonly string[],
  context: CommandContext,
  version: string,
): Promise<number> {
  const { terminal } = context
  const [first] = words
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    await terminal.write(overview(commands))
    return first === undefined ? exitCode.usage : exitCode.ok
  }
  if (first === '--version' || first === 'version') {
    await terminal.write(`${version}\n`)
    return exitCode.ok
  }
  const found = findCommand(commands, words)
  if (found === undefined) {
    const near = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name)
    const hint = near.length > 0 ? `Did you mean: ${near.join(', ')}?` : 'millrace --help lists the commands.'
    terminal.writeError(`Unknown command: ${words.slice(0, 2).join(' ')}. ${hint}\n`)
    return exitCode.usage
  }
  const { command, rest } = found
  if (rest.includes('--help') || rest.includes('-h')) {
    await terminal.write(commandHelp(command))
    return exitCode.ok
  }
  try {
    return await command.run(parseInput(command, rest), context)
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.writeError(`${error.message}\nmillrace ${command.name} --help shows how it is used.\n`)
      return exitCode.usage
    }
    if (terminal.signal.aborted) return exitCode.failed
    terminal.writeError(`${describeError(error)}\n`)
    return exitCode.failed
  }
}

/** Two words before one: `topic create` before `topic`. */
function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { command: Command; rest: readonly string[] } | undefined {
  for (const count of [2, 1]) {
    const command = commands.find(({ name }) => name === words.slice(0, count).join(' '))
    if (command !== undefined) return { command, rest: words.slice(count) }
  }
  return undefined
}

/** Expected failures are a sentence; a bug shows where it is. */
function describeError(error: unknown): string {
  if (error instanceof CommandError) return error.message
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
