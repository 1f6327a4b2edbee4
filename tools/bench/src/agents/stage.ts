/**
 * How every client talks with the harness, whatever its language: arguments are `name=value`; it prints `ready` once it is warm, works
 * after a line on standard input, prints one line of JSON, and ends when standard input does. The harness looks at /proc in between.
 */

/** The program's arguments. */
export class Arguments {
  readonly #values: ReadonlyMap<string, string>

  constructor(words: readonly string[]) {
    this.#values = new Map(
      words.map((word) => {
        const end = word.indexOf('=')
        return [word.slice(0, end), word.slice(end + 1)]
      }),
    )
  }

  text(name: string): string {
    const value = this.#values.get(name)
    if (value === undefined) throw new Error(`${name}= is missing`)
    return value
  }

  number(name: string): number {
    const value = Number(this.text(name))
    if (Number.isNaN(value)) throw new Error(`${name}=${this.text(name)} is not a number`)
    return value
  }
}

export const givenArguments = () => new Arguments(process.argv.slice(2))

/** Says that it is warm, and waits for its turn. */
export async function untilTurn(): Promise<void> {
  process.stdout.write('ready\n')
  await new Promise<void>((resolve) => process.stdin.once('data', () => resolve()))
}

/** Tells the result, waits until the harness has looked, and ends. */
export async function finish(result: Readonly<Record<string, number>>): Promise<never> {
  process.stdout.write(`${JSON.stringify(result)}\n`)
  const { stdin } = process
  if (!stdin.readableEnded) await new Promise<void>((resolve) => stdin.once('end', () => resolve()).resume())
  process.exit(0)
}
