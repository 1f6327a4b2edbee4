/** What a check found: where, how bad, and what to do about it. Bounded: a file full of damage gives a count, not a million lines. */

/**
 * `error`: something is lost, or will be read wrongly by somebody. `warning`: not as a broker leaves it, but the next start puts
 * it right or goes on without. `note`: worth knowing.
 */
export type Severity = 'error' | 'warning' | 'note'

/** What a repair can do about a finding, as data. */
export type Remedy =
  /** Offset and time index of a segment, from its batches. */
  | { readonly kind: 'rebuild-indexes'; readonly directory: string; readonly baseOffset: number }
  | {
      readonly kind: 'rebuild-transaction-index'
      readonly directory: string
      readonly baseOffset: number
      /** The whole file. */
      readonly bytes: Buffer
    }
  /** The segment ends before `position`, the log at `endOffset`; later segments are set aside. */
  | {
      readonly kind: 'cut'
      readonly directory: string
      readonly baseOffset: number
      readonly position: number
      readonly endOffset: number
      /** It can only be a write that did not complete, and nothing says that it was durable. */
      readonly isTornWrite: boolean
    }
  /** The file is of no use, and is made again at the next start. */
  | { readonly kind: 'set-aside'; readonly path: string }

export interface Finding {
  readonly severity: Severity
  /** The file or directory. */
  readonly path: string
  /** A byte in it. */
  readonly position?: number
  /** Where in the partition. */
  readonly offset?: number
  readonly what: string
  /** What to do; empty when nothing is to be done. */
  readonly advice: string
  readonly remedy?: Remedy
}

/** Findings of one path that are kept; of the others, the number. */
const findingsPerPathMax = 20

export class Findings {
  readonly #byPath = new Map<string, { kept: Finding[]; left: number; worst: Severity }>()

  add(finding: Finding): void {
    const of = this.#byPath.get(finding.path) ?? { kept: [], left: 0, worst: 'note' as Severity }
    this.#byPath.set(finding.path, of)
    if (of.kept.length < findingsPerPathMax) of.kept.push(finding)
    else {
      of.left++
      if (rank(finding.severity) < rank(of.worst)) of.worst = finding.severity
    }
  }

  error(path: string, what: string, advice: string, more: Partial<Finding> = {}): void {
    this.add({ severity: 'error', path, what, advice, ...more })
  }

  warning(path: string, what: string, advice: string, more: Partial<Finding> = {}): void {
    this.add({ severity: 'warning', path, what, advice, ...more })
  }

  note(path: string, what: string, advice = '', more: Partial<Finding> = {}): void {
    this.add({ severity: 'note', path, what, advice, ...more })
  }

  /** In the order in which they were found, path by path. */
  list(): Finding[] {
    return [...this.#byPath].flatMap(([path, { kept, left, worst }]) => {
      if (left === 0) return kept
      return [...kept, { severity: worst, path, what: `${left} more findings like these`, advice: '' }]
    })
  }
}

function rank(severity: Severity): number {
  return severity === 'error' ? 0 : severity === 'warning' ? 1 : 2
}
