/** The records that are sent: in their order, found again by key and bytes. Pure. */

export interface PackageRecord {
  readonly key: string
  readonly value: Buffer
  /** The stanza's `Section`; empty when it has none. */
  readonly section: string
}

export type SectionCounts = ReadonlyMap<string, number>

export class RecordSet {
  readonly records: readonly PackageRecord[]
  readonly #indexesByKey = new Map<string, number[]>()

  constructor(records: readonly PackageRecord[]) {
    this.records = records
    for (const [index, { key }] of records.entries()) {
      const indexes = this.#indexesByKey.get(key)
      if (indexes === undefined) this.#indexesByKey.set(key, [index])
      else indexes.push(index)
    }
  }

  get count(): number {
    return this.records.length
  }

  /** Indexes of the records with this key and exactly these bytes: none, one, or, of records sent twice, several. */
  find(key: string, value: Buffer): readonly number[] {
    const indexes = this.#indexesByKey.get(key) ?? []
    return indexes.filter((index) => this.records[index]!.value.equals(value))
  }

  hasKey(key: string): boolean {
    return this.#indexesByKey.has(key)
  }

  /** `count` records evenly spread over this set, in the same order; this set when it has no more. */
  sample(count: number): RecordSet {
    if (count >= this.count) return this
    const step = this.count / count
    return new RecordSet(Array.from({ length: count }, (_, index) => this.records[Math.floor(index * step)]!))
  }

  /** The records from `start` on, `count` of them. */
  slice(start: number, count: number): RecordSet {
    return new RecordSet(this.records.slice(start, start + count))
  }

  /** How many records each section has. */
  countSections(): SectionCounts {
    return countSections(this.records)
  }
}

/** A record without a section is not counted, as it is not in what apt-cache's lines add up to. */
export function countSections(records: Iterable<PackageRecord>): SectionCounts {
  const counts = new Map<string, number>()
  for (const { section } of records) {
    if (section !== '') counts.set(section, (counts.get(section) ?? 0) + 1)
  }
  return counts
}

/** What differs between two counts, a sentence each. */
export function compareSections(found: SectionCounts, expected: SectionCounts): string[] {
  const names = [...new Set([...found.keys(), ...expected.keys()])].sort()
  return names
    .filter((name) => found.get(name) !== expected.get(name))
    .map((name) => `section ${name} has ${found.get(name) ?? 0} records instead of ${expected.get(name) ?? 0}`)
}
