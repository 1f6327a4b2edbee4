/** Help texts, made from the commands themselves. */
import type { Command, OptionSpec } from './command.ts'

/** The list of all commands. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const)
  return [
    'millrace: an event streaming platform that speaks the Apache Kafka protocol',
    '',
    'Usage: millrace <command> [options]',
    '',
    ...columns(rows),
    '',
    'millrace <command> --help explains a command, with examples.',
    '',
  ].join('\n')
}

export function commandHelp(command: Command): string {
  const positionals = command.positionals ?? []
  const words = positionals.map(({ name, isOptional, isMany }) => {
    const word = `<${name}>${isMany ? '...' : ''}`
    return isOptional ? `[${word}]` : word
  })
  const lines = [command.summary, '', `Usage: ${['millrace', command.name, ...words, '[options]'].join(' ')}`]
  if (positionals.length > 0) lines.push('', ...columns(positionals.map(({ name, summary }) => [`<${name}>`, summary])))
  const options = Object.entries(command.options).map(
    ([name, spec]) => [optionName(name, spec), optionSummary(spec)] as const,
  )
  if (options.length > 0) lines.push('', 'Options:', ...columns(options))
  if (command.examples.length > 0) {
    lines.push('', 'Examples:')
    for (const { command: example, summary } of command.examples) lines.push(`  # ${summary}`, `  ${example}`)
  }
  return `${lines.join('\n')}\n`
}

function optionName(name: string, { kind, short, value }: OptionSpec): string {
  const letter = short === undefined ? '' : `-${short}, `
  return `${letter}--${name}${kind === 'flag' ? '' : ` ${value ?? 'VALUE'}`}`
}

function optionSummary({ summary, choices, default: fallback, kind }: OptionSpec): string {
  const notes = [
    ...(choices === undefined ? [] : [choices.join(', ')]),
    ...(kind === 'texts' ? ['may be given several times'] : []),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
  ]
  return notes.length === 0 ? summary : `${summary} (${notes.join('; ')})`
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
