/** What was written and read so far, so that later cases can look for it again. */
import type { RecordSet } from './record-set.ts'

export interface Written {
  readonly topic: string
  readonly group: string
  readonly set: RecordSet
  /** The end of each partition; the group committed the same. */
  readonly endOffsets: readonly number[]
}

export class History {
  readonly #written: Written[] = []

  add(written: Written): void {
    this.#written.push(written)
  }

  get all(): readonly Written[] {
    return this.#written
  }
}
