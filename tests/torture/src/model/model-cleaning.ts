/** What a cleaning has to leave of a model log: the round that Kafka's rules ask for, and compaction on plain objects. */
import type { LogConfig, ProducerEntry } from '@millrace/storage'
import { cleanModel, type ModelBatch, type ModelTransaction } from '@millrace/storage/testing'
import type { SeenBatch } from '../world/seen-batch.ts'
import type { ModelLog } from './model-log.ts'

export interface Round {
  readonly firstDirtyOffset: number
  readonly firstUncleanableOffset: number
  /** Whether so much is new that it must be cleaned now. */
  readonly isDue: boolean
  /** The base offsets of the segments that become one. */
  readonly groups: readonly (readonly number[])[]
}

export function roundOf(log: ModelLog, lastStable: number, config: LogConfig, nowMs: number): Round {
  const { segments, start, end, cleanedOffset = start } = log
  const firstDirtyOffset = cleanedOffset < start || cleanedOffset > end ? start : cleanedOffset
  const places = segments.map((_, place) => place)
  const closed = places.slice(0, -1)
  const base = (place: number) => (segments[place] as (typeof segments)[number]).baseOffset
  let limit = Math.min(lastStable, log.highWatermark, log.active.baseOffset)
  if (config.minCompactionLagMs > 0) {
    const isYoung = (place: number) => log.largestTimestampOf(place) > nowMs - config.minCompactionLagMs
    const young = closed.find((place) => log.endOf(place) > firstDirtyOffset && isYoung(place))
    if (young !== undefined) limit = Math.min(limit, base(young))
  }
  const from = Math.max(limit, firstDirtyOffset)
  const holder = closed.find((place) => from < log.active.baseOffset && log.endOf(place) > from)
  const firstUncleanableOffset = holder === undefined ? log.active.baseOffset : base(holder)
  const sum = (chosen: readonly number[]) => chosen.reduce((bytes, place) => bytes + log.sizeOf(place), 0)
  const clean = sum(places.filter((place) => base(place) < firstDirtyOffset))
  const dirty = sum(
    places.filter((place) => log.endOf(place) > firstDirtyOffset && base(place) < firstUncleanableOffset),
  )
  const cleanable = firstDirtyOffset < firstUncleanableOffset ? dirty : 0
  const isDue = cleanable > 0 && cleanable / (clean + cleanable) > config.minCleanableDirtyRatio
  return { firstDirtyOffset, firstUncleanableOffset, isDue, groups: groupsOf(log, firstUncleanableOffset, config) }
}

/** As many neighbours as fit. */
function groupsOf(log: ModelLog, end: number, { segmentBytes }: LogConfig): number[][] {
  const groups: { bases: number[]; size: number }[] = []
  for (const [place, { baseOffset }] of log.segments.entries()) {
    if (baseOffset >= end) break
    const size = log.sizeOf(place)
    const group = groups.at(-1)
    if (group !== undefined && group.size + size <= segmentBytes) {
      group.bases.push(baseOffset)
      group.size += size
    } else groups.push({ bases: [baseOffset], size })
  }
  return groups.map(({ bases }) => bases)
}

/** What stays. `history`: everything that was ever appended and not cut off, which tells how transactions ended. */
export function cleaned(
  log: ModelLog,
  history: readonly SeenBatch[],
  round: Round,
  config: LogConfig,
  producers: readonly ProducerEntry[],
  nowMs: number,
): ModelBatch[] {
  const known = producers.map(({ producerId, epoch, batches }) => {
    return [producerId, { epoch, lastDataOffset: batches.at(-1)?.lastOffset }] as const
  })
  return cleanModel(modelBatches(log.batches, history), {
    firstDirtyOffset: round.firstDirtyOffset,
    firstUncleanableOffset: round.firstUncleanableOffset,
    nowMs,
    deleteRetentionMs: config.deleteRetentionMs,
    producers: new Map(known),
    bases: log.segments.map(({ baseOffset }) => baseOffset),
    groups: round.groups,
  })
}

function modelBatches(batches: readonly SeenBatch[], history: readonly SeenBatch[]): ModelBatch[] {
  const transactions = new Map<number, ModelTransaction>()
  const open = new Map<number, ModelTransaction>()
  for (const { baseOffset, producerId, isTransactional, isControl, marker } of history) {
    if (!isTransactional) continue
    const transaction = open.get(producerId) ?? { producerId, firstOffset: baseOffset, end: undefined }
    transactions.set(baseOffset, transaction)
    if (!isControl) open.set(producerId, transaction)
    else if (marker !== undefined) {
      transaction.end = { offset: baseOffset, isAbort: marker === 'abort' }
      open.delete(producerId)
    }
  }
  return batches.map((batch) => ({ ...batch, transaction: transactions.get(batch.baseOffset) }))
}

/** A batch of either side, as far as both know it. */
export function pictureOf({ isControl, records, ...batch }: ModelBatch | SeenBatch): unknown {
  const { baseOffset, lastOffset, producerId, producerEpoch, baseSequence, codec, deleteHorizonMs } = batch
  const seen = records.map(({ offset, timestamp, key, value }) => {
    return isControl ? [offset, timestamp] : [offset, timestamp, key, value]
  })
  return [
    baseOffset,
    lastOffset,
    producerId,
    producerEpoch,
    baseSequence,
    codec,
    isControl,
    deleteHorizonMs ?? null,
    seen,
  ]
}
