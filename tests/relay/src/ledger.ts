/** What was acknowledged, and what a reader may therefore expect. */

export interface LedgerRecord {
  readonly offset: number
  readonly key: string
  /** Null: a tombstone. */
  readonly value: string | null
  /** Of a transaction that was aborted: only readers of uncommitted data see it. */
  readonly isAborted: boolean
}

export type TopicKind =
  /** All records stay. */
  | 'kept'
  /** The last record of each key stays. */
  | 'compacted'
  /** The newest records stay. */
  | 'aging'

interface PartitionLedger {
  readonly records: Map<number, LedgerRecord>
  /** Nothing below is left. */
  startOffset: number
  /** What was deleted may be there again. */
  isStartCertain: boolean
}

export interface ReadRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

export class Ledger {
  readonly topics = new Map<string, { readonly kind: TopicKind; readonly partitions: PartitionLedger[] }>()

  addTopic(name: string, partitionCount: number, kind: TopicKind): void {
    const partitions = Array.from({ length: partitionCount }, () => ({
      records: new Map(),
      startOffset: 0,
      isStartCertain: true,
    }))
    this.topics.set(name, { kind, partitions })
  }

  acknowledged(topic: string, partition: number, record: LedgerRecord): void {
    const { records } = this.#partition(topic, partition)
    const other = records.get(record.offset)
    if (other !== undefined) {
      throw new Error(`${topic}-${partition} offset ${record.offset} was given twice: ${other.key} and ${record.key}`)
    }
    records.set(record.offset, record)
  }

  deletedBefore(topic: string, partition: number, offset: number): void {
    const ledger = this.#partition(topic, partition)
    ledger.startOffset = offset
    ledger.isStartCertain = true
  }

  /** A broker was killed that writes the starts of logs down from time to time only. */
  startsMayHaveGoneBack(): void {
    for (const { partitions } of this.topics.values()) for (const each of partitions) each.isStartCertain = false
  }

  /** How many of these records are in no reading any more. */
  goneOf(topic: string, partition: number, read: readonly ReadRecord[]): number {
    return this.#partition(topic, partition).records.size - read.length
  }

  get count(): number {
    let count = 0
    for (const { partitions } of this.topics.values()) for (const { records } of partitions) count += records.size
    return count
  }

  /** What is wrong with what was read of a partition, from its start to its end; empty when nothing is. */
  problems(topic: string, partition: number, read: readonly ReadRecord[], isCommittedOnly: boolean): string[] {
    const { kind } = this.topics.get(topic) ?? { kind: 'kept' }
    const { records, startOffset, isStartCertain } = this.#partition(topic, partition)
    const problems: string[] = []
    const complain = (text: string) => void problems.push(`${topic}-${partition}: ${text}`)
    const seen = new Set<number>()
    let last = -1
    for (const { offset, key, value } of read) {
      if (offset <= last) complain(`offset ${offset} after ${last}`)
      last = offset
      seen.add(offset)
      const expected = records.get(offset)
      if (expected === undefined) complain(`offset ${offset} has ${key}, which nobody was told of`)
      else if (expected.key !== key || expected.value !== value)
        complain(`offset ${offset} has ${key}=${value}, not ${expected.key}=${expected.value}`)
      else if (expected.isAborted && isCommittedOnly) complain(`offset ${offset} was aborted, and is shown`)
      if (offset < startOffset && isStartCertain)
        complain(`offset ${offset} was deleted: the log starts at ${startOffset}`)
    }
    const newest = new Map<string, LedgerRecord>()
    const inOrder = [...records.values()].sort((a, b) => a.offset - b.offset)
    for (const record of inOrder) if (!record.isAborted) newest.set(record.key, record)
    for (const record of inOrder) {
      if (record.offset < startOffset || seen.has(record.offset)) continue
      if (record.isAborted && (isCommittedOnly || kind === 'compacted')) continue
      // A tombstone may be gone with what it deleted, in time.
      const isOutdated = kind === 'compacted' && (newest.get(record.key) !== record || record.value === null)
      const mayBeGone = isOutdated || (kind === 'aging' && record.offset < (read[0]?.offset ?? 0))
      if (!mayBeGone) complain(`offset ${record.offset} is lost: ${record.key}`)
    }
    return problems.slice(0, 5)
  }

  #partition(topic: string, partition: number): PartitionLedger {
    const found = this.topics.get(topic)?.partitions[partition]
    if (found === undefined) throw new Error(`nobody made ${topic}-${partition}`)
    return found
  }
}
