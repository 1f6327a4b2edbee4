/** What the programs have in common before they begin: help, and what is wrong with the command line. */
import { exitCodes, type World } from './world.ts'

/** @param parse gives undefined for a user who wants help, and throws what is wrong as a sentence */
export async function withOptions<T>(
  parse: () => T | undefined,
  usage: string,
  { terminal }: World,
  run: (options: T) => Promise<number>,
): Promise<number> {
  let options: T | undefined
  try {
    options = parse()
  } catch (error) {
    terminal.write(`${(error as Error).message}\n\n${usage}`)
    return exitCodes.usage
  }
  if (options !== undefined) return run(options)
  terminal.write(usage)
  return exitCodes.passed
}
