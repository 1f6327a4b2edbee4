/** What a case fails with: a sentence about what was promised and not kept. */

export class FaultFailure extends Error {}

export function must(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new FaultFailure(message())
}
