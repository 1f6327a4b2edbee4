/** Why a run was ended early. */

export type FailureKind =
  /** A promise of the broker was broken: a checker says so. */
  | 'violation'
  /** Nothing is left that could happen, and the scenario is not done. */
  | 'deadlock'
  | 'time-limit'
  | 'step-limit'
  | 'unhandled-rejection'
  | 'exception'
  /** Something used the machine's clock, chance, timers, disk or network instead of its port. */
  | 'real-io'

export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure'
  readonly kind: FailureKind
  /** Who found a violation: a checker's name, or the scenario. */
  readonly finder: string

  constructor(
    kind: FailureKind,
    message: string,
    options: { readonly cause?: unknown; readonly finder?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.finder = options.finder ?? 'scenario'
  }
}

/** An error and its causes, with their stacks. */
export function describeError(error: unknown): string {
  const parts: string[] = []
  for (let at = error; at !== undefined && parts.length < 5; at = at instanceof Error ? at.cause : undefined) {
    parts.push(at instanceof Error ? (at.stack ?? at.message) : String(at))
  }
  return parts.join('\ncaused by: ')
}
