/** All that was done to one partition, and what its log has promised since: what must be there, what may be, and where it may start. */
import type { Log, LogConfig, StorageError } from '@millrace/storage'
import { demand } from './failure.ts'
import { parseBatch, type SeenBatch } from './world/seen-batch.ts'
import { storedForm } from './world/stored-form.ts'
import type { Sending } from './world/writers.ts'

/** What a check found: see `check-partition.ts`. */
interface Found {
  readonly start: number
  readonly end: number
  readonly matched: ReadonlyMap<number, AppendedBatch>
  readonly past: readonly AppendedBatch[]
  readonly batches: readonly SeenBatch[]
}

export interface AppendedBatch extends SeenBatch {
  /** Wall clock. */
  readonly appendedMs: number
}

export class PartitionHistory {
  readonly name: string
  /** Whether nothing is durable before what is below it, as under fsync. */
  readonly isOrdered: boolean
  /** What the log holds or held, in order, below `end`. */
  batches: AppendedBatch[] = []
  /** Appends that failed: their bytes may be on the disk all the same, until something else is known to be there. */
  ghosts: AppendedBatch[] = []
  /** The log ends here, as far as it was told. */
  end = 0
  /** What survives the process, and what survives the power. */
  writtenEnd = 0
  durableEnd = 0
  /** The log starts no lower, and no higher, than this. */
  startMin = 0
  startMax = 0
  /** Wall clock of every cleaning that may have touched it. */
  readonly cleanings: number[] = []
  /** The latest time that any cleaning can have seen. */
  latestMs = 0
  /** The smallest that was ever in force. */
  deleteRetentionMs = Number.POSITIVE_INFINITY
  /** A truncation was begun and has not ended. */
  truncatesTo: number | undefined
  #stop: () => void = () => {}

  constructor(name: string, isOrdered: boolean) {
    this.name = name
    this.isOrdered = isOrdered
  }

  /** One that goes its own way from here on. */
  copy(): PartitionHistory {
    const copy = new PartitionHistory(this.name, this.isOrdered)
    copy.batches = [...this.batches]
    copy.ghosts = [...this.ghosts]
    copy.cleanings.push(...this.cleanings)
    const { end, writtenEnd, durableEnd, startMin, startMax, deleteRetentionMs, truncatesTo, latestMs } = this
    const rest = { startMin, startMax, deleteRetentionMs, truncatesTo, latestMs }
    return Object.assign(copy, { end, writtenEnd, durableEnd, ...rest })
  }

  /** Follows a log that was opened. */
  follow(log: Log): void {
    this.#stop()
    this.#stop = log.listen({
      onAdvance: () => this.#advanced(log),
      onFailure: (_, error) => this.#failed(log, error),
    })
  }

  /** The process ends now. */
  unfollow(log: Log): void {
    this.#stop()
    this.#stop = () => {}
    if (log.failure === undefined) this.#advanced(log)
  }

  #advanced(log: Log): void {
    this.startMax = Math.max(this.startMax, log.logStartOffset)
    if (this.truncatesTo !== undefined) return
    this.writtenEnd = Math.max(this.writtenEnd, log.writtenOffset)
    this.durableEnd = Math.max(this.durableEnd, log.durableOffset)
    log.advanceHighWatermark(log.ackableOffset)
  }

  #failed(log: Log, error: StorageError): void {
    if (error.code !== 'write-failed') return
    const { endOffset } = log
    demand(
      endOffset >= this.writtenEnd,
      () => `${this.name}: written up to ${this.writtenEnd}, and taken back to ${endOffset}`,
    )
    this.ghosts.push(...this.batches.filter(({ lastOffset }) => lastOffset >= endOffset))
    this.batches = this.batches.filter(({ lastOffset }) => lastOffset < endOffset)
    this.end = endOffset
  }

  /** `sent` is what the client gave, before the log had it. */
  appended(sent: Sending, at: { baseOffset: number; leaderEpoch: number; nowMs: number }, config: LogConfig): void {
    demand(
      at.baseOffset >= this.end,
      () => `${this.name}: offset ${at.baseOffset} is given out, and the log ended at ${this.end}`,
    )
    const batch = { ...parseBatch(storedForm(sent, config, at)), appendedMs: at.nowMs }
    this.batches.push(batch)
    this.end = batch.lastOffset + 1
  }

  truncationBegins(offset: number): void {
    this.truncatesTo = offset
    const kept = this.batches.findLast(({ lastOffset }) => lastOffset < offset)
    const floor = Math.min(offset, kept === undefined ? 0 : kept.lastOffset + 1)
    this.writtenEnd = Math.min(this.writtenEnd, floor)
    this.durableEnd = Math.min(this.durableEnd, floor)
  }

  /** The log was cut at `offset`: a batch that held it went as a whole. */
  truncated(offset: number, end: number): void {
    this.truncatesTo = undefined
    this.batches = this.batches.filter(({ lastOffset }) => lastOffset < offset)
    this.ghosts = []
    const floor = Math.max(this.startMin, (this.batches.at(-1)?.lastOffset ?? -1) + 1)
    demand(end <= offset && end >= floor, () => `${this.name}: cut at ${offset}, and ends at ${end}, not ${floor}`)
    this.end = end
  }

  restartBegins(offset: number): void {
    this.truncatesTo = 0
    this.writtenEnd = 0
    this.durableEnd = 0
    this.startMin = 0
    this.startMax = Math.max(this.startMax, offset, this.end)
    this.end = Math.max(this.end, offset)
  }

  restarted(offset: number): void {
    this.truncatesTo = undefined
    this.batches = []
    this.ghosts = []
    this.end = offset
    this.writtenEnd = offset
    this.durableEnd = offset
    this.startMin = offset
    this.startMax = offset
  }

  /** The log was opened with this in it, all of which is certain from now on. */
  adopt(all: Found): void {
    const { start, end, matched, past } = all
    const isOver = (a: AppendedBatch, b: AppendedBatch) => a.baseOffset <= b.lastOffset && b.baseOffset <= a.lastOffset
    const ghosts = this.ghosts.filter((ghost) => matched.get(ghost.baseOffset) === ghost)
    const mayHaveLost = this.truncatesTo !== undefined && this.cleanings.length > 0
    const kept = mayHaveLost ? narrowed(all) : past
    const live = kept.filter((batch) => !ghosts.some((ghost) => isOver(ghost, batch)))
    this.batches = [...live, ...ghosts].sort((a, b) => a.baseOffset - b.baseOffset)
    this.ghosts = []
    this.truncatesTo = undefined
    this.end = end
    this.writtenEnd = end
    this.durableEnd = end
    this.startMin = start
    this.startMax = start
  }
}

/** Only the records that were found: what replaced the rest was in a part of the log that a truncation took away. */
function narrowed({ past, batches, matched, start }: Found): AppendedBatch[] {
  const found = new Map(batches.map((batch) => [matched.get(batch.baseOffset), batch.records]))
  return past.map((batch) => {
    // Nobody looks for what is below the start, and a transaction may be open from there.
    if (batch.lastOffset < start) return batch
    const records = found.get(batch)
    return records === undefined ? { ...batch, records: [], isTransactional: false } : { ...batch, records }
  })
}

/** How the transaction of a batch ended, by the markers below `end`. */
export type TransactionEnd = { readonly kind: 'commit' | 'abort'; readonly offset: number }

export interface Transactions {
  /** Of the data batches that belong to one that ended. */
  readonly endOf: ReadonlyMap<SeenBatch, TransactionEnd>
  /** First offsets of those that did not, by producer. */
  readonly open: ReadonlyMap<number, number>
}

export function transactionsOf(batches: readonly SeenBatch[]): Transactions {
  const endOf = new Map<SeenBatch, TransactionEnd>()
  const pending = new Map<number, SeenBatch[]>()
  for (const batch of batches) {
    const { producerId, isControl, isTransactional, marker } = batch
    if (!isControl && isTransactional) pending.set(producerId, [...(pending.get(producerId) ?? []), batch])
    if (!isControl || marker === undefined) continue
    for (const data of pending.get(producerId) ?? []) endOf.set(data, { kind: marker, offset: batch.baseOffset })
    pending.delete(producerId)
  }
  const open = new Map([...pending].map(([producerId, [first]]) => [producerId, (first as SeenBatch).baseOffset]))
  return { endOf, open }
}
