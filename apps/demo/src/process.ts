/** The real world: this process, its streams, its signals, and how it ends. */
import { systemClock, systemRandom } from '@millrace/base'
import { DemoError, exitCodes, Interrupted, type World } from './world.ts'

/** Runs a program to its end and sets the exit code. What goes wrong is one sentence; only a bug shows a stack. */
export async function runProgram(program: (args: readonly string[], world: World) => Promise<number>): Promise<void> {
  const ending = new AbortController()
  const { stdout, env } = process
  // The first signal asks for an orderly end, a second one insists.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (ending.signal.aborted && name !== 'SIGHUP') process.exit(exitCodes.interrupted)
      ending.abort(new Interrupted(`ended by ${name}`))
    })
  }
  // A reader that closes early (`| head`) ends the program as Ctrl-C does.
  stdout.on('error', () => ending.abort(new Interrupted('nobody reads the output any more')))
  const isTerminal = stdout.isTTY === true
  const world: World = {
    clock: systemClock,
    random: systemRandom,
    signal: ending.signal,
    terminal: {
      isLive: isTerminal && env.TERM !== 'dumb',
      hasColor: env.NO_COLOR === undefined || env.NO_COLOR === '' ? isTerminal && env.TERM !== 'dumb' : false,
      columns: () => stdout.columns ?? 120,
      rows: () => stdout.rows ?? 24,
      write: (text) => void stdout.write(text),
    },
  }
  try {
    process.exitCode = await program(process.argv.slice(2), world)
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = exitCodes.interrupted
      return
    }
    process.exitCode = exitCodes.failed
    process.stderr.write(`\n${sentenceOf(error)}\n`)
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof DemoError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
