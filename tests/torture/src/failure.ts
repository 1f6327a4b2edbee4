/** A promise that was broken: what was promised, and what was found. */

export class TortureFailure extends Error {
  override readonly name = 'TortureFailure'
}

/** Throws {@link TortureFailure} unless `condition` holds; the text is made only then. */
export function demand(condition: boolean, say: () => string): asserts condition {
  if (!condition) throw new TortureFailure(say())
}

export function demandEqual(found: unknown, wanted: unknown, say: () => string): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a === b) return
  const at = firstDifference(a ?? '', b ?? '')
  const part = (text: string | undefined) => text?.slice(Math.max(0, at - 80), at + 120)
  throw new TortureFailure(`${say()}: found ${part(a)}, wanted ${part(b)}`)
}

function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

/** For people: the message of a broken promise, the stack of anything else. */
export function describeFailure(error: unknown): string {
  if (error instanceof TortureFailure) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
