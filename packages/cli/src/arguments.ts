/** From words on the command line to checked input, by the command's own specs. The one user of `node:util`'s parser. */
import { parseArgs } from 'node:util'
import { type Command, type CommandInput, type OptionSpec, UsageError } from './command.ts'

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

/** Throws {@link UsageError} for what the command does not know or cannot use. */
export function parseInput(command: Command, words: readonly string[]): CommandInput {
  const { values, positionals } = parse(command, words)
  checkPositionals(command, positionals)
  for (const [name, spec] of Object.entries(command.options)) checkOption(name, spec, values[name])
  return {
    positionals,
    flag: (name) => values[name] === true,
    text: (name) => values[name] as string | undefined,
    number: (name) => (values[name] === undefined ? undefined : Number(values[name])),
    texts: (name) => (values[name] as readonly string[] | undefined) ?? [],
  }
}

function parse(command: Command, words: readonly string[]): { values: Values; positionals: readonly string[] } {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { kind, short }]) => {
      const type = kind === 'flag' ? ('boolean' as const) : ('string' as const)
      return [name, { type, multiple: kind === 'texts', ...(short === undefined ? {} : { short }) }]
    }),
  )
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
    return { values: values as Values, positionals }
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] as string)
  }
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const specs = command.positionals ?? []
  const missing = specs.find((spec, index) => spec.isOptional !== true && given[index] === undefined)
  if (missing !== undefined) throw new UsageError(`<${missing.name}> is missing: ${missing.summary}`)
  if (given.length > specs.length && specs.at(-1)?.isMany !== true) {
    throw new UsageError(`Unexpected argument ${JSON.stringify(given[specs.length])}`)
  }
}

function checkOption(name: string, spec: OptionSpec, value: Values[string]): void {
  if (value === undefined) return
  if (spec.kind === 'number' && !/^-?\d+$/.test(value as string)) {
    throw new UsageError(`--${name} takes a whole number, not ${JSON.stringify(value)}`)
  }
  if (spec.choices !== undefined && !spec.choices.includes(value as string)) {
    throw new UsageError(`--${name} takes one of ${spec.choices.join(', ')}, not ${JSON.stringify(value)}`)
  }
}
