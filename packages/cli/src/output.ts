/** What commands print: a table for people, JSON for scripts. */
import type { CommandInput } from './command.ts'
import { type Cell, formatTable } from './table.ts'
import type { Terminal } from './terminal.ts'

/** One line of JSON. */
export function writeJson(terminal: Terminal, value: unknown): Promise<void> {
  return terminal.write(`${JSON.stringify(value)}\n`)
}

/** `value` as JSON with `--json`, else the table, or `empty` when it has no rows. */
export function writeTable(
  terminal: Terminal,
  input: CommandInput,
  value: unknown,
  table: { readonly header: readonly string[]; readonly rows: readonly (readonly Cell[])[]; readonly empty: string },
): Promise<void> {
  if (input.flag('json')) return writeJson(terminal, value)
  if (table.rows.length === 0) return terminal.write(`${table.empty}\n`)
  return terminal.write(formatTable(table.header, table.rows))
}
