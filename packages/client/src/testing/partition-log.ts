/** The log of one partition of the scripted cluster: batches in memory, with the checks that idempotent producers rely on. */
import { BatchHeader, ErrorCode, encodeControlBatch } from '@millrace/protocol'

interface StoredBatch {
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
}

interface ProducerState {
  epoch: number
  nextSequence: number
  /** The last five batches: what a repeated one is recognised by. */
  recent: { readonly baseSequence: number; readonly recordCount: number; readonly baseOffset: number }[]
}

export interface AppendResult {
  readonly errorCode: number
  readonly baseOffset: number
}

const rememberedBatches = 5

export class PartitionLog {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  leader: number
  leaderEpoch = 0
  startOffset = 0
  /** Below this, transactions are decided; the end of the log unless a test says otherwise. */
  lastStableOffset: number | undefined
  readonly abortedTransactions: { producerId: number; firstOffset: number }[] = []
  readonly #batches: StoredBatch[] = []
  readonly #producers = new Map<number, ProducerState>()
  readonly #onAppend: () => void

  constructor(topic: string, topicId: string, partition: number, leader: number, onAppend: () => void) {
    this.topic = topic
    this.topicId = topicId
    this.partition = partition
    this.leader = leader
    this.#onAppend = onAppend
  }

  get endOffset(): number {
    return (this.#batches.at(-1)?.lastOffset ?? this.startOffset - 1) + 1
  }

  get batchCount(): number {
    return this.#batches.length
  }

  /** All bytes of the log, batch after batch. */
  get bytes(): Buffer {
    return Buffer.concat(this.#batches.map((batch) => batch.bytes))
  }

  /** Appends one batch as a leader would: offsets are given, a repeated batch is answered with its first place. */
  append(batch: Buffer): AppendResult {
    const known = this.#checkSequence(batch)
    if (known !== undefined) return known
    const bytes = Buffer.from(batch)
    const baseOffset = this.endOffset
    BatchHeader.setBaseOffset(bytes, 0, baseOffset)
    BatchHeader.setPartitionLeaderEpoch(bytes, 0, this.leaderEpoch)
    this.#batches.push({ bytes, baseOffset, lastOffset: BatchHeader.lastOffset(bytes, 0) })
    this.#onAppend()
    return { errorCode: ErrorCode.NONE, baseOffset }
  }

  /** Appends the end of a transaction. */
  appendMarker(type: 'Commit' | 'Abort', producerId: number, producerEpoch: number): void {
    const options = { timestamp: 0, producerId, producerEpoch, isTransactional: true }
    this.append(encodeControlBatch([{ type, data: { coordinatorEpoch: 0 } }], options))
  }

  /** Appends bytes as they are, in the place of one record: a damaged batch. */
  appendDamaged(batch: Buffer): void {
    const bytes = Buffer.from(batch)
    BatchHeader.setBaseOffset(bytes, 0, this.endOffset)
    this.#batches.push({ bytes, baseOffset: this.endOffset, lastOffset: BatchHeader.lastOffset(bytes, 0) })
    this.#onAppend()
  }

  /** Drops what is before `offset`. */
  deleteBefore(offset: number): void {
    this.startOffset = Math.max(this.startOffset, offset)
    while ((this.#batches[0]?.lastOffset ?? this.startOffset) < this.startOffset) this.#batches.shift()
  }

  /** Drops what is from `offset` on, whole batches, as a leader does that never had it. */
  truncate(offset: number): void {
    while ((this.#batches.at(-1)?.lastOffset ?? -1) >= offset) this.#batches.pop()
  }

  /** Where an epoch ended (reference section 2.12); -1 and -1 for one that is not known. */
  endOfEpoch(epoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    if (epoch < 0 || epoch > this.leaderEpoch) return { leaderEpoch: -1, endOffset: -1 }
    if (epoch === this.leaderEpoch) return { leaderEpoch: epoch, endOffset: this.endOffset }
    const epochOf = ({ bytes }: StoredBatch) => BatchHeader.partitionLeaderEpoch(bytes, 0)
    const next = this.#batches.find((batch) => epochOf(batch) > epoch)
    const last = this.#batches.findLast((batch) => epochOf(batch) <= epoch)
    return {
      leaderEpoch: last === undefined ? epoch : epochOf(last),
      endOffset: next?.baseOffset ?? this.endOffset,
    }
  }

  /** Forgets all producers, as a broker does that lost its state. */
  forgetProducers(): void {
    this.#producers.clear()
  }

  /** Batches from the one that holds `offset` on and before `end`, at least one of them if there is one, else up to `sizeMax` bytes. */
  read(offset: number, sizeMax: number, end = this.endOffset): Buffer {
    const pieces: Buffer[] = []
    let size = 0
    for (const batch of this.#batches) {
      if (batch.lastOffset < offset) continue
      if (batch.baseOffset >= end) break
      if (size > 0 && size + batch.bytes.length > sizeMax) break
      pieces.push(batch.bytes)
      size += batch.bytes.length
    }
    return Buffer.concat(pieces)
  }

  /** The first offset whose batch has a timestamp at or after `timestamp`. */
  offsetAt(timestamp: number): { readonly offset: number; readonly timestamp: number } {
    const batch = this.#batches.find(({ bytes }) => BatchHeader.maxTimestamp(bytes, 0) >= timestamp)
    if (batch === undefined) return { offset: -1, timestamp: -1 }
    return { offset: batch.baseOffset, timestamp: BatchHeader.maxTimestamp(batch.bytes, 0) }
  }

  /** Reference section 2.7: undefined when the batch may be appended. */
  #checkSequence(batch: Buffer): AppendResult | undefined {
    const producerId = BatchHeader.producerId(batch, 0)
    if (producerId < 0 || BatchHeader.isControl(batch, 0)) return undefined
    const epoch = BatchHeader.producerEpoch(batch, 0)
    const baseSequence = BatchHeader.baseSequence(batch, 0)
    const recordCount = BatchHeader.recordCount(batch, 0)
    let state = this.#producers.get(producerId)
    if (state?.epoch === epoch) {
      const same = state.recent.find((each) => each.baseSequence === baseSequence && each.recordCount === recordCount)
      if (same !== undefined) return { errorCode: ErrorCode.NONE, baseOffset: same.baseOffset }
      if (baseSequence !== state.nextSequence) return refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    } else if (state !== undefined) {
      if (epoch < state.epoch) return refused(ErrorCode.INVALID_PRODUCER_EPOCH)
      if (baseSequence !== 0) return refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
      state = undefined
    }
    state ??= { epoch, nextSequence: 0, recent: [] }
    state.nextSequence = (baseSequence + recordCount) % 0x8000_0000
    state.recent.push({ baseSequence, recordCount, baseOffset: this.endOffset })
    if (state.recent.length > rememberedBatches) state.recent.shift()
    this.#producers.set(producerId, state)
    return undefined
  }
}

function refused(errorCode: number): AppendResult {
  return { errorCode, baseOffset: -1 }
}
