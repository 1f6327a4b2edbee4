/** Reads Java's `.properties` text: what `server.properties` is written in. */

export interface PropertyEntry {
  readonly key: string
  readonly value: string
  /** Line the entry begins on, from 1. */
  readonly line: number
}

export class PropertiesError extends Error {
  override readonly name = 'PropertiesError'
  /** Line the entry begins on, from 1. */
  readonly line: number

  constructor(message: string, line: number) {
    super(`line ${line}: ${message}`)
    this.line = line
  }
}

/** What a file sets: the last entry of a key counts, as in Java, and the others are told. */
export interface PropertiesFile {
  readonly values: ReadonlyMap<string, string>
  readonly lines: ReadonlyMap<string, number>
  /** One message for each entry that a later one replaces. */
  readonly notices: readonly string[]
}

/**
 * All entries in the order of the text. A line that ends in an odd number of backslashes goes on with the next; `=`, `:` or blanks end
 * a key; `#` and `!` begin a comment line; `\t \n \r \f` and `\uXXXX` are escapes, and before anything else a backslash is dropped.
 * Throws {@link PropertiesError} for a `\u` without four hexadecimal digits.
 */
export function parseProperties(text: string): PropertyEntry[] {
  const entries: PropertyEntry[] = []
  const lines = text.split(/\r\n|\n|\r/)
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1
    let logical = withoutIndent(lines[index] ?? '')
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) continue
    while (endsOpen(logical)) {
      index++
      logical = logical.slice(0, -1) + withoutIndent(lines[index] ?? '')
    }
    entries.push(parseEntry(logical, line))
  }
  return entries
}

/** {@link parseProperties}, by key. */
export function readProperties(text: string): PropertiesFile {
  const values = new Map<string, string>()
  const lines = new Map<string, number>()
  const notices: string[] = []
  for (const { key, value, line } of parseProperties(text)) {
    const earlier = lines.get(key)
    if (earlier !== undefined)
      notices.push(`${key} is set on line ${earlier} and again on line ${line}; the later one counts`)
    values.set(key, value)
    lines.set(key, line)
  }
  return { values, lines, notices }
}

const withoutIndent = (line: string): string => line.replace(/^[ \t\f]+/, '')

/** Whether the line goes on: a last backslash that is not itself escaped. */
function endsOpen(line: string): boolean {
  let count = 0
  while (count < line.length && line[line.length - 1 - count] === '\\') count++
  return count % 2 === 1
}

function parseEntry(logical: string, line: number): PropertyEntry {
  let end = 0
  while (end < logical.length && !'=: \t\f'.includes(logical[end] as string)) end += logical[end] === '\\' ? 2 : 1
  const rest = logical.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
  return { key: unescapeText(logical.slice(0, end), line), value: unescapeText(rest, line), line }
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescapeText(text: string, line: number): string {
  return text.replace(/\\(u[\s\S]{0,4}|[\s\S]?)/g, (_, escaped: string) => {
    if (!escaped.startsWith('u')) return escapes[escaped] ?? escaped
    const digits = escaped.slice(1)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
      throw new PropertiesError(`\\u must be followed by four hexadecimal digits, not by "${digits}"`, line)
    }
    return String.fromCharCode(Number.parseInt(digits, 16))
  })
}
