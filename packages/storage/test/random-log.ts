/** A log's directory that grows at random: keys, tombstones, all codecs, producers of every kind, transactions, gaps. */
import { type Random, randomBelow, systemClock } from '@millrace/base'
import { BatchHeader, codecById, encodeBatch, encodeControlBatch } from '@millrace/protocol'
import type { ModelBatch, ModelRecord, ModelTransaction } from '../src/cleaner/compaction-model.ts'
import { logFileName } from '../src/file-names.ts'
import { MemoryFileSystem } from '../src/fs/memory.ts'
import { ProducerState } from '../src/producer-state.ts'
import { replayProducer } from '../src/replay.ts'
import { type AbortedTransaction, TransactionIndex } from '../src/transaction-index.ts'

export const randomLogDirectory = '/data/t-0'

const longKey = 'long '.repeat(40)

interface Producer {
  readonly producerId: number
  readonly isTransactional: boolean
  epoch: number
  sequence: number
  transaction: ModelTransaction | undefined
}

export class RandomLog {
  readonly fileSystem = new MemoryFileSystem(systemClock)
  readonly state = new ProducerState()
  /** All that was ever appended. */
  readonly history: ModelBatch[] = []
  readonly #random: Random
  readonly #producers: Producer[]
  /** Whether a marker starts a new epoch, as it does since KIP-890. */
  readonly #bumpsEpochs: boolean
  /** Many, sometimes: then not all fit into a small map. */
  readonly #keyCount: number
  #base = 0
  #position = 0
  endOffset = 0
  timestamp = 1_750_000_000_000

  constructor(random: Random) {
    this.#random = random
    this.#bumpsEpochs = this.#below(2) === 0
    this.#keyCount = this.#below(3) === 0 ? 500 : 12
    const producer = (producerId: number) => {
      return { producerId, isTransactional: producerId >= 20, epoch: 0, sequence: 0, transaction: undefined }
    }
    this.#producers = [10, 11, 20, 21, 22].map(producer)
    this.fileSystem.disk.makeDirectory(randomLogDirectory)
    this.roll()
  }

  get lastStableOffset(): number {
    const offset = this.state.firstUnstableOffset
    return offset < 0 ? this.endOffset : offset
  }

  get activeOffset(): number {
    return this.#base
  }

  roll(): void {
    this.#base = this.endOffset
    this.#position = 0
    for (const kind of ['log', 'index', 'timeindex'] as const) {
      this.fileSystem.disk.create(`${randomLogDirectory}/${logFileName(this.#base, kind)}`)
    }
  }

  /** Something happens. */
  step(): void {
    if (this.#below(12) === 0 && this.#position > 0) this.roll()
    if (this.#below(15) === 0) this.endOffset += 1 + this.#below(4)
    this.timestamp += this.#below(1000)
    const what = this.#below(8)
    const producer = this.#producers[this.#below(this.#producers.length)] as Producer
    if (what < 3) this.#appendData(undefined)
    else if (what < 6 || producer.transaction === undefined) this.#appendData(producer)
    else this.#appendMarker(producer, producer.transaction)
  }

  /** Ends the transactions that are open. */
  settle(): void {
    for (const producer of this.#producers) {
      if (producer.transaction !== undefined) this.#appendMarker(producer, producer.transaction)
    }
  }

  #below(bound: number): number {
    return randomBelow(this.#random, bound)
  }

  #appendData(producer: Producer | undefined): void {
    const count = 1 + this.#below(5)
    const records: ModelRecord[] = []
    let offset = this.endOffset
    for (let index = 0; index < count; index++) {
      records.push({ offset: offset++, timestamp: this.#recordTimestamp(), key: this.#key(), value: this.#value() })
    }
    const codec = this.#below(3) === 0 ? this.#below(5) : 0
    const isLogAppendTime = this.#below(10) === 0
    if (producer?.isTransactional) {
      const { producerId } = producer
      producer.transaction ??= { producerId, firstOffset: this.endOffset, end: undefined }
    }
    const baseOffset = this.endOffset
    const bytes = encodeBatch(
      records.map((record) => ({ ...record, headers: record.offset % 7 === 0 ? [{ key: 'h', value: 'x' }] : [] })),
      {
        codec: codecById(codec),
        baseOffset,
        partitionLeaderEpoch: 3,
        producerId: producer?.producerId ?? -1,
        producerEpoch: producer?.epoch ?? -1,
        baseSequence: producer?.sequence ?? -1,
        isTransactional: producer?.isTransactional ?? false,
        logAppendTimeMs: isLogAppendTime ? this.timestamp : undefined,
      },
    )
    if (producer !== undefined) producer.sequence += count
    this.#append(bytes, {
      records: isLogAppendTime ? records.map((record) => ({ ...record, timestamp: this.timestamp })) : records,
      transaction: producer?.transaction,
    })
  }

  #appendMarker(producer: Producer, transaction: ModelTransaction): void {
    const isAbort = this.#below(2) === 0
    transaction.end = { offset: this.endOffset, isAbort }
    producer.transaction = undefined
    if (this.#bumpsEpochs) {
      producer.epoch++
      producer.sequence = 0
    }
    const { timestamp } = this
    const bytes = encodeControlBatch([{ type: isAbort ? 'Abort' : 'Commit', data: { coordinatorEpoch: 0 } }], {
      timestamp,
      baseOffset: this.endOffset,
      partitionLeaderEpoch: 3,
      producerId: producer.producerId,
      producerEpoch: producer.epoch,
      isTransactional: true,
    })
    const { producerId, firstOffset } = transaction
    const lastOffset = this.endOffset
    this.#append(bytes, { records: [{ offset: lastOffset, timestamp, key: null, value: null }], transaction })
    this.state.advanceHighWatermark(this.endOffset)
    if (isAbort) {
      this.#index({ producerId, firstOffset, lastOffset, lastStableOffset: this.lastStableOffset })
    }
  }

  #append(bytes: Buffer, { records, transaction }: Pick<ModelBatch, 'records' | 'transaction'>): void {
    const { disk } = this.fileSystem
    disk.write(disk.create(`${randomLogDirectory}/${logFileName(this.#base, 'log')}`), bytes, this.#position)
    this.#position += bytes.length
    this.endOffset = BatchHeader.lastOffset(bytes, 0) + 1
    replayProducer(this.state, bytes, 0)
    this.state.advanceHighWatermark(this.endOffset)
    this.history.push({
      baseOffset: BatchHeader.baseOffset(bytes, 0),
      lastOffset: BatchHeader.lastOffset(bytes, 0),
      producerId: BatchHeader.producerId(bytes, 0),
      producerEpoch: BatchHeader.producerEpoch(bytes, 0),
      baseSequence: BatchHeader.baseSequence(bytes, 0),
      codec: BatchHeader.codec(bytes, 0),
      isControl: BatchHeader.isControl(bytes, 0),
      transaction,
      records,
      deleteHorizonMs: undefined,
    })
  }

  #index(transaction: AbortedTransaction): void {
    const { disk } = this.fileSystem
    const file = disk.create(`${randomLogDirectory}/${logFileName(this.#base, 'txnindex')}`)
    const index = new TransactionIndex()
    index.append(transaction)
    disk.write(file, index.bytes, file.size)
  }

  #recordTimestamp(): number {
    return this.#below(20) === 0 ? -1 : this.timestamp - this.#below(50)
  }

  #key(): string | null {
    const choice = this.#below(30)
    if (choice === 0) return null
    if (choice === 1) return `${longKey}a`
    if (choice === 2) return `${longKey}b`
    return choice === 3 ? '' : `key ${this.#below(this.#keyCount)}`
  }

  #value(): string | null {
    return this.#below(6) === 0 ? null : 'v'.repeat(this.#below(60))
  }
}
