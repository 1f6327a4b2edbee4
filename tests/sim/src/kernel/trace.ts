/** What happened in a run, as one number and, when asked for, as text. Two runs of a seed must give the same. */
import { crc32 } from 'node:zlib'

export class Trace {
  readonly #lines: string[] | undefined
  /** Two sums with different beginnings: together 64 bits. */
  #low = 0
  #high = 0x5bd1e995
  #count = 0

  /** @param isKept whether the text is kept, for people and for finding where two runs part */
  constructor(isKept: boolean) {
    this.#lines = isKept ? [] : undefined
  }

  get count(): number {
    return this.#count
  }

  /** Empty unless the text is kept. */
  get lines(): readonly string[] {
    return this.#lines ?? []
  }

  get hash(): string {
    return `${hex(this.#high)}${hex(this.#low)}`
  }

  /** @param nowMs simulated time */
  note(nowMs: number, what: string): void {
    const line = `${nowMs.toFixed(3)} ${what}`
    this.#count++
    this.#low = crc32(line, this.#low)
    // The same bytes behind another prefix: a collision of one sum is none of the other.
    this.#high = crc32(`${this.#count} `, crc32(line, this.#high))
    this.#lines?.push(line)
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}

/** Where two traces part: the lines before, and what each has there. Undefined when they are equal. */
export function firstDifference(a: readonly string[], b: readonly string[], contextCount = 5): string | undefined {
  const end = Math.max(a.length, b.length)
  for (let index = 0; index < end; index++) {
    if (a[index] === b[index]) continue
    const before = a.slice(Math.max(0, index - contextCount), index).map((line) => `    ${line}`)
    return [...before, `  1 ${a[index] ?? '(ended)'}`, `  2 ${b[index] ?? '(ended)'}`].join('\n')
  }
  return undefined
}
