/** Compaction on plain objects, as the reference (3.5) says it: what the cleaner of bytes is compared with. */

export interface ModelRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
}

export interface ModelTransaction {
  readonly producerId: number
  readonly firstOffset: number
  end: { readonly offset: number; readonly isAbort: boolean } | undefined
}

export interface ModelBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly codec: number
  readonly isControl: boolean
  /** The one that it belongs to, or ends. */
  readonly transaction: ModelTransaction | undefined
  /** Of a control batch: one that stands for the marker. */
  readonly records: readonly ModelRecord[]
  readonly deleteHorizonMs: number | undefined
}

export interface ModelRound {
  readonly firstDirtyOffset: number
  readonly firstUncleanableOffset: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** The last data offset of each producer that is not forgotten; undefined when it is known by markers of an epoch alone. */
  readonly producers: ReadonlyMap<number, { readonly lastDataOffset: number | undefined; readonly epoch: number }>
  /** The segments of the log, and which of them became one. */
  readonly bases: readonly number[]
  readonly groups: readonly (readonly number[])[]
}

/** The batches that stay. */
export function cleanModel(batches: readonly ModelBatch[], round: ModelRound): ModelBatch[] {
  const latest = latestOffsets(batches, round)
  const left = new Map<ModelBatch, ModelBatch>()
  for (const batch of batches) {
    const cleaned = batch.baseOffset < round.firstUncleanableOffset ? cleanBatch(batch, batches, latest, round) : batch
    if (cleaned.records.length > 0 || staysEmpty(batch, round)) left.set(batch, cleaned)
  }
  for (const batch of groupEnds(batches, left, round)) left.set(batch, emptied(batch))
  return batches.flatMap((batch) => left.get(batch) ?? [])
}

function emptied(batch: ModelBatch): ModelBatch {
  return { ...batch, records: [], codec: 0, deleteHorizonMs: undefined }
}

function isAborted({ transaction }: ModelBatch): boolean {
  return transaction?.end?.isAbort === true
}

function latestOffsets(batches: readonly ModelBatch[], round: ModelRound): Map<string, number> {
  const latest = new Map<string, number>()
  for (const batch of batches) {
    if (batch.isControl || isAborted(batch)) continue
    for (const { key, offset } of batch.records) {
      const isDirty = offset >= round.firstDirtyOffset && offset < round.firstUncleanableOffset
      if (isDirty && key !== null) latest.set(key, offset)
    }
  }
  return latest
}

function cleanBatch(
  batch: ModelBatch,
  batches: readonly ModelBatch[],
  latest: ReadonlyMap<string, number>,
  { nowMs, deleteRetentionMs }: ModelRound,
): ModelBatch {
  const isPast = batch.deleteHorizonMs !== undefined && batch.deleteHorizonMs <= nowMs
  const isIdle =
    batch.isControl && !batches.some((other) => !other.isControl && other.transaction === batch.transaction)
  const stays = ({ key, value, offset }: ModelRecord) =>
    key !== null && offset >= (latest.get(key) ?? -1) && !(value === null && isPast)
  let records = batch.records
  if (batch.isControl) records = isIdle && isPast ? [] : records
  else records = isAborted(batch) ? [] : records.filter(stays)
  if (records.length === 0) return emptied(batch)
  const waits = isIdle || (!batch.isControl && records.some(({ value }) => value === null))
  const deleteHorizonMs = batch.deleteHorizonMs ?? (waits ? nowMs + deleteRetentionMs : undefined)
  return { ...batch, records, deleteHorizonMs }
}

function staysEmpty(batch: ModelBatch, { producers, firstUncleanableOffset }: ModelRound): boolean {
  if (batch.baseOffset >= firstUncleanableOffset || batch.lastOffset + 1 === firstUncleanableOffset) return true
  const producer = producers.get(batch.producerId)
  if (producer === undefined) return false
  if (producer.lastDataOffset !== undefined) return batch.lastOffset === producer.lastDataOffset
  return batch.isControl && batch.producerEpoch === producer.epoch
}

/** The last batch of the last segment of every group, where nothing of that segment is left. */
function groupEnds(
  batches: readonly ModelBatch[],
  left: ReadonlyMap<ModelBatch, ModelBatch>,
  { bases, groups, firstUncleanableOffset }: ModelRound,
): ModelBatch[] {
  const inSegment = (base: number) => {
    const end = bases[bases.indexOf(base) + 1] ?? Number.POSITIVE_INFINITY
    return batches.filter(({ baseOffset }) => baseOffset >= base && baseOffset < end)
  }
  const joined = new Set(groups.flat())
  const alone = bases.filter((base) => base < firstUncleanableOffset && !joined.has(base)).map((base) => [base])
  return [...groups, ...alone].flatMap((group) => {
    const last = group.map(inSegment).findLast((segment) => segment.length > 0)
    return last === undefined || last.some((batch) => left.has(batch)) ? [] : (last.at(-1) as ModelBatch)
  })
}

/** What a reader of committed data ends up with: the last value of every key. */
export function committedView(batches: readonly ModelBatch[]): Map<string, string | null> {
  const view = new Map<string, string | null>()
  for (const batch of batches) {
    if (batch.isControl || isAborted(batch)) continue
    for (const { key, value } of batch.records) if (key !== null) view.set(key, value)
  }
  return view
}
