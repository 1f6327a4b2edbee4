/** What was found in data files, as text for people. Pure. */
import type { Finding } from '@millrace/storage/inspect'

/** Where and how bad, what, and what to do: two or three lines. */
export function findingText({ severity, path, position, offset, what, advice }: Finding): string {
  const places = [
    ...(position === undefined ? [] : [`byte ${position}`]),
    ...(offset === undefined ? [] : [`offset ${offset}`]),
  ]
  const where = places.length === 0 ? path : `${path} (${places.join(', ')})`
  const lines = [`${severity}: ${where}`, `    ${what}.`]
  if (advice !== '') lines.push(`    -> ${advice}.`)
  return `${lines.join('\n')}\n`
}

/** `1 file`, `2 files`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** The last part of a path, with either kind of slash. */
export function baseNameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}
