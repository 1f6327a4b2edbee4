/** A log as it is, against the history of its partition: every promise of the log that can be seen from outside. */
import type { Log } from '@millrace/storage'
import { demand, TortureFailure } from './failure.ts'
import { type AppendedBatch, type PartitionHistory, type Transactions, transactionsOf } from './partition-history.ts'
import {
  committedOffsets,
  parseBatches,
  type Reading,
  readBytes,
  type SeenBatch,
  type SeenRecord,
} from './world/seen-batch.ts'

/** How the log came to be as it is: under way, after a clean stop, after its process was killed, after the power was cut. */
export type Manner = 'running' | 'clean' | 'killed' | 'power cut'

export interface Found {
  readonly start: number
  readonly end: number
  /** By base offset, what was appended there. */
  readonly matched: ReadonlyMap<number, AppendedBatch>
  readonly batches: readonly SeenBatch[]
  /** What of the history is left. */
  readonly past: readonly AppendedBatch[]
}

export async function checkPartition(log: Log, history: PartitionHistory, manner: Manner): Promise<Found> {
  const { name } = history
  checkBounds(log, history, manner)
  const { bytes, aborted } = await readSteadily(log)
  const [start, end] = [log.logStartOffset, log.endOffset]
  const batches = soundBatches(bytes, name)
  const matched = matchBatches(batches, history)
  const past = history.batches.filter(
    (batch) => batch.lastOffset < end && !isLost(batch, matched, history, manner, start),
  )
  const transactions = transactionsOf(past)
  checkMissing({ start, end, matched, batches, past }, transactions, history)
  log.advanceHighWatermark(end)
  checkProducers(log, past, batches, name)
  checkStable(log, past, transactions, history.truncatesTo === undefined ? undefined : transactionsOf(batches), name)
  const seen = committedOffsets(batches, aborted)
  const wanted = wantedOffsets(batches, matched, transactions, past)
  demand(seen.join() === wanted.join(), () => `${name}: readers of committed data see ${difference(seen, wanted)}`)
  checkEpochs(log, batches, name)
  return { start, end, matched, batches, past }
}

function soundBatches(bytes: Buffer, name: string): SeenBatch[] {
  try {
    return parseBatches(bytes)
  } catch (error) {
    throw new TortureFailure(`${name}: something damaged is served: ${error instanceof Error ? error.message : error}`)
  }
}

/** What a reader gets while nothing is removed under it. */
async function readSteadily(log: Log): Promise<Reading> {
  for (;;) {
    const start = log.logStartOffset
    try {
      const reading = await readBytes(log)
      if (log.logStartOffset === start) return reading
    } catch (error) {
      if (log.logStartOffset === start) throw error
    }
  }
}

/**
 * Without fsync nothing orders what reaches the disk: a power cut may take what was not durable in one segment, and leave a later one.
 */
function isLost(
  batch: AppendedBatch,
  matched: ReadonlyMap<number, AppendedBatch>,
  { isOrdered, durableEnd }: PartitionHistory,
  manner: Manner,
  start: number,
): boolean {
  if (isOrdered || manner !== 'power cut' || batch.lastOffset < Math.max(durableEnd, start)) return false
  return matched.get(batch.baseOffset) !== batch
}

function checkBounds(log: Log, history: PartitionHistory, manner: Manner): void {
  const { name, startMin, startMax } = history
  const [start, end] = [log.logStartOffset, log.endOffset]
  const floor = manner === 'power cut' ? history.durableEnd : history.writtenEnd
  demand(end >= floor, () => `${name}: lost: ends at ${end}, and ${floor} was promised (${manner})`)
  demand(end <= history.end, () => `${name}: ends at ${end}, and nothing above ${history.end} was ever appended`)
  demand(start >= startMin, () => `${name}: starts at ${start}, and was durable from ${startMin} on`)
  demand(start <= startMax, () => `${name}: starts at ${start}, and nobody removed anything above ${startMax}`)
  const { highWatermark, lastStableOffset } = log
  const isOrdered = start <= lastStableOffset && lastStableOffset <= highWatermark && highWatermark <= end
  demand(isOrdered, () => `${name}: start ${start}, LSO ${lastStableOffset}, HW ${highWatermark}, end ${end}`)
}

function matchBatches(batches: readonly SeenBatch[], history: PartitionHistory): Map<number, AppendedBatch> {
  const { name, cleanings } = history
  const candidates = new Map<number, AppendedBatch[]>()
  for (const batch of [...history.batches, ...history.ghosts]) {
    candidates.set(batch.baseOffset, [...(candidates.get(batch.baseOffset) ?? []), batch])
  }
  const matched = new Map<number, AppendedBatch>()
  let next = -1
  for (const batch of batches) {
    const { baseOffset, lastOffset } = batch
    demand(baseOffset >= next, () => `${name}: offset ${baseOffset} is read after ${next - 1}`)
    next = lastOffset + 1
    const known = candidates.get(baseOffset)?.find((one) => isSame(batch, one, cleanings.length > 0))
    demand(known !== undefined, () => `${name}: the batch at ${baseOffset} is not what was appended there`)
    matched.set(baseOffset, known)
  }
  return matched
}

/** Whether a batch that was read is one that was appended, or what compaction leaves of it. */
function isSame(found: SeenBatch, appended: AppendedBatch, mayBeCleaned: boolean): boolean {
  if (found.bytes.equals(appended.bytes)) return true
  if (!mayBeCleaned) return false
  const facts = ['lastOffset', 'leaderEpoch', 'producerId', 'producerEpoch', 'baseSequence'] as const
  const flags = ['isTransactional', 'isControl'] as const
  if (![...facts, ...flags].every((fact) => found[fact] === appended[fact])) return false
  const records = new Map(appended.records.map((record) => [record.offset, record]))
  return found.records.every((record) => isSameRecord(record, records.get(record.offset)))
}

function isSameRecord(a: SeenRecord, b: SeenRecord | undefined): boolean {
  return a.timestamp === b?.timestamp && a.key === b.key && a.value === b.value
}

/** Everything from the start to the end is there, or compaction was free to remove it. */
function checkMissing(
  { start, end, batches, matched, past }: Found,
  transactions: Transactions,
  history: PartitionHistory,
): void {
  const found = new Set(batches.flatMap(({ records }) => records.map(({ offset }) => offset)))
  const isGhost = (batch: AppendedBatch) => {
    const other = matched.get(batch.baseOffset)
    return other !== undefined && other !== batch
  }
  // What a truncation takes away may have replaced what it leaves.
  const isWhole = history.truncatesTo === undefined
  const known = isWhole ? transactions : transactionsOf(history.batches)
  const latest = latestOffsets(isWhole ? past : history.batches, known)
  for (const batch of past) {
    if (batch.lastOffset < start || isGhost(batch)) continue
    for (const record of batch.records) {
      if (record.offset < start || record.offset >= end || found.has(record.offset)) continue
      const reason = mayBeGone(batch, record, latest, known, history)
      demand(
        reason,
        () =>
          `${history.name}: the record at ${record.offset} (key ${record.key}) is gone, and nothing allowed that; ${start} to ${end} holds ${rangesOf(batches)}; appended ${rangesOf(past)}`,
      )
    }
  }
}

function rangesOf(batches: readonly SeenBatch[]): string {
  return batches.map(({ baseOffset, lastOffset }) => `[${baseOffset}-${lastOffset}]`).join('')
}

/** Where each key was written last, in what is committed. */
function latestOffsets(past: readonly AppendedBatch[], { endOf }: Transactions): Map<string, number> {
  const latest = new Map<string, number>()
  for (const batch of past) {
    if (batch.isControl || (batch.isTransactional && endOf.get(batch)?.kind !== 'commit')) continue
    for (const { key, offset } of batch.records) if (key !== null) latest.set(key, offset)
  }
  return latest
}

function mayBeGone(
  batch: AppendedBatch,
  { key, value, offset }: SeenRecord,
  latest: ReadonlyMap<string, number>,
  { endOf }: Transactions,
  { cleanings, deleteRetentionMs, latestMs }: PartitionHistory,
): boolean {
  if (cleanings.length === 0) return false
  // Tombstones and markers go at a cleaning that is so much later than an earlier one. The clock may have been set back meanwhile.
  const isHorizonPast = latestMs - Math.min(...cleanings) >= deleteRetentionMs
  if (batch.isControl) return isHorizonPast
  if (batch.isTransactional && !endOf.has(batch)) return false
  if (endOf.get(batch)?.kind === 'abort' || key === null) return true
  return (latest.get(key) ?? -1) > offset || (value === null && isHorizonPast)
}

/** A sequence is known only with its batch, and the batches that are there are known. */
function checkProducers(log: Log, past: readonly AppendedBatch[], batches: readonly SeenBatch[], name: string): void {
  const lasts = new Map<number, SeenBatch>()
  const byEnd = new Map(past.map((batch) => [batch.lastOffset, batch]))
  for (const batch of batches) {
    if (batch.producerId >= 0 && !batch.isControl) lasts.set(batch.producerId, batch)
  }
  for (const { producerId, epoch, batches: known } of log.activeProducers()) {
    for (const { lastOffset, lastSequence } of known) {
      const batch = byEnd.get(lastOffset)
      const last = batch === undefined ? undefined : batch.baseSequence + batch.lastOffset - batch.baseOffset
      const isRight = batch?.producerId === producerId && last === lastSequence && batch.producerEpoch <= epoch
      demand(
        isRight,
        () => `${name}: producer ${producerId} is known by a batch that ends at ${lastOffset}, which is not in the log`,
      )
    }
  }
  for (const [producerId, batch] of lasts) {
    const entry = log.producer(producerId)
    demand(
      entry !== undefined,
      () => `${name}: producer ${producerId} is not known, and its batch at ${batch.baseOffset} is there`,
    )
    const isKnown = entry.epoch > batch.producerEpoch || entry.batches.at(-1)?.lastOffset === batch.lastOffset
    demand(
      isKnown,
      () => `${name}: producer ${producerId} has a batch at ${batch.baseOffset} that its state does not know`,
    )
  }
}

/**
 * The last stable offset is where the first open transaction begins; what was below the log's start may be forgotten. `left`: what is
 * there, when a truncation under way may have taken the end of a transaction whose batches were cleaned.
 */
function checkStable(
  log: Log,
  past: readonly AppendedBatch[],
  { open }: Transactions,
  left: Transactions | undefined,
  name: string,
): void {
  const { logStartOffset: start, highWatermark, lastStableOffset } = log
  const clamped = (offsets: Iterable<number>) => Math.max(start, Math.min(highWatermark, ...offsets))
  const kept = transactionsOf(past.filter(({ lastOffset }) => lastOffset >= start)).open
  const wanted = [open, kept, left?.open ?? open].map((starts) => clamped(starts.values()))
  demand(
    wanted.includes(lastStableOffset),
    () => `${name}: the last stable offset is ${lastStableOffset}, and must be ${wanted.join(' or ')}`,
  )
}

function wantedOffsets(
  batches: readonly SeenBatch[],
  matched: ReadonlyMap<number, AppendedBatch>,
  { endOf }: Transactions,
  past: readonly AppendedBatch[],
): number[] {
  const known = new Set<SeenBatch>(past)
  return batches.flatMap((batch) => {
    const appended = matched.get(batch.baseOffset) as AppendedBatch
    if (batch.isControl || (known.has(appended) && endOf.get(appended)?.kind === 'abort')) return []
    return batch.records.map(({ offset }) => offset)
  })
}

function difference(seen: readonly number[], wanted: readonly number[]): string {
  const extra = seen.filter((offset) => !wanted.includes(offset))
  const missing = wanted.filter((offset) => !seen.includes(offset))
  return `too much: ${extra.join(' ')}; too little: ${missing.join(' ')}`
}

function checkEpochs(log: Log, batches: readonly SeenBatch[], name: string): void {
  for (const { baseOffset, leaderEpoch } of batches) {
    if (baseOffset < log.logStartOffset) continue
    const found = log.epochForOffset(baseOffset)
    demand(
      found === leaderEpoch,
      () => `${name}: offset ${baseOffset} was written in epoch ${leaderEpoch}, and counts to ${found}`,
    )
  }
}
