/** Assertions: what must hold whatever comes from outside. A failure is a bug in Millrace, never a user's mistake. */

/** A broken invariant. In the broker it reaches `onFatal`; it is never caught to go on, and never retried. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws {@link AssertionError} unless `condition` holds. `message` says what was expected. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** For the default branch of an exhaustive `switch`. */
export function unreachable(value: never, what: string): never {
  throw new AssertionError(`unexpected ${what}: ${JSON.stringify(value)}`)
}
