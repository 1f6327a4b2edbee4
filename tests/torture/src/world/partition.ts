/** One partition under test: its log while a process runs, its clients, and the history of both. */
import { type Random, randomBelow } from '@millrace/base'
import { BatchHeader, ErrorCode } from '@millrace/protocol'
import { type AppendResult, isStorageError, type Log, type LogConfig, type LogManager } from '@millrace/storage'
import { checkPartition, type Manner } from '../check-partition.ts'
import { demand, TortureFailure } from '../failure.ts'
import { PartitionHistory } from '../partition-history.ts'
import type { Computer } from './computer.ts'
import type { SeenBatch } from './seen-batch.ts'
import { type Sending, viewOf, Writers } from './writers.ts'

export interface PartitionShape {
  readonly topic: string
  readonly directory: string
  readonly config: LogConfig
}

/** Any uuid: the topic's. */
export const topicId = 'SJa3GXldTX2z310xe9ZQgg'

export class Partition {
  readonly topic: string
  readonly partition = 0
  readonly directory: string
  readonly history: PartitionHistory
  config: LogConfig
  leaderEpoch = 0
  readonly #computer: Computer
  readonly #writers: Writers
  #log: Log | undefined
  #lastSent: Sending | undefined

  /** `history`: of a log that is on the disk already. */
  constructor(computer: Computer, shape: PartitionShape, random: Random, history?: PartitionHistory) {
    this.topic = shape.topic
    this.directory = shape.directory
    this.config = shape.config
    this.history = history ?? new PartitionHistory(`${shape.topic}-0`, computer.options.durability === 'fsync')
    this.#computer = computer
    this.#writers = new Writers(random, { hasNullKeys: !shape.config.cleanupPolicy.includes('compact') })
  }

  get log(): Log {
    demand(this.#log !== undefined, () => `${this.topic} is not open`)
    return this.#log
  }

  get isOpen(): boolean {
    return this.#log !== undefined && this.#log.failure === undefined
  }

  /** Takes the log that a process opened, and leads it in a new epoch. */
  async attach(manager: LogManager): Promise<void> {
    const known = manager.get(this)
    const home = manager.directories.find(({ path }) => path === this.directory)
    // Made elsewhere, it would be another log.
    if (known === undefined && home?.error !== undefined) throw home.error
    this.#log = known ?? (await manager.ensureLog(this, topicId, this.config, this.directory))
  }

  /** To be called when the clock has moved. */
  noteTime(): void {
    this.history.latestMs = Math.max(this.history.latestMs, this.#computer.time.now())
  }

  /** Checks what was found when it was opened, and goes on from there. */
  async adopt(manner: Manner): Promise<void> {
    const found = await checkPartition(this.log, this.history, manner)
    this.#computer.trace.note(`${this.topic} ${found.start} ${found.end} ${found.batches.length}`)
    this.history.adopt(found)
  }

  lead(): void {
    this.leaderEpoch++
    this.log.startEpoch(this.leaderEpoch)
    this.history.follow(this.log)
    this.configure({})
  }

  detach(): void {
    if (this.#log !== undefined) this.history.unfollow(this.#log)
    this.#log = undefined
  }

  configure(changes: Partial<LogConfig>): void {
    this.config = { ...this.config, ...changes }
    if (this.config.cleanupPolicy.includes('compact')) {
      this.history.deleteRetentionMs = Math.min(this.history.deleteRetentionMs, this.config.deleteRetentionMs)
    }
    this.log.updateConfig(this.config)
  }

  /** One batch of some client. Undefined when the log takes none now, for a reason that it may have. */
  send(): AppendResult | undefined {
    const nowMs = this.#computer.time.now()
    const sending = this.#writers.next(viewOf(this.log), nowMs)
    // The log owns the other buffer from now on.
    const own = { ...sending, bytes: Buffer.from(sending.bytes) }
    const result = this.log.append(sending.bytes, { ...sending.options, leaderEpoch: this.leaderEpoch })
    if (result.kind === 'refused') {
      const mayRefuse = result.errorCode === ErrorCode.KAFKA_STORAGE_ERROR
      demand(mayRefuse, () => `${this.topic}: refused with ${result.errorCode}: ${result.message}`)
      return undefined
    }
    demand(result.kind === 'appended', () => `${this.topic}: a new batch is a duplicate of ${result.baseOffset}`)
    this.history.appended(own, { baseOffset: result.baseOffset, leaderEpoch: this.leaderEpoch, nowMs }, this.config)
    this.#lastSent = own
    return result
  }

  /** The last batch comes again, as from a client that got no answer: it must not be taken twice. */
  sendAgain(): void {
    const sent = this.#lastSent
    const last = this.history.batches.at(-1)
    if (sent === undefined || last === undefined || !isBatchOf(sent, last)) return
    const isNewest = last.lastOffset + 1 === this.log.endOffset
    if (!isNewest || this.log.producer(last.producerId)?.epoch !== last.producerEpoch) return
    const result = this.log.append(Buffer.from(sent.bytes), { ...sent.options, leaderEpoch: this.leaderEpoch })
    if (result.kind === 'refused' && result.errorCode === ErrorCode.KAFKA_STORAGE_ERROR) return
    const isRight = result.kind === 'duplicate' && result.baseOffset === last.baseOffset
    demand(isRight, () => `${this.topic}: the batch at ${last.baseOffset} comes again and is ${JSON.stringify(result)}`)
  }

  async truncateTo(offset: number): Promise<void> {
    const { history, log } = this
    if (offset < log.logStartOffset) return this.restartAt(offset)
    if (offset >= log.endOffset) return
    history.truncationBegins(offset)
    await this.#unlessGivenUp(log.truncateTo(offset))
    history.truncated(offset, log.endOffset)
  }

  async restartAt(offset: number): Promise<void> {
    const { history, log } = this
    history.restartBegins(offset)
    await this.#unlessGivenUp(log.truncateFullyAndStartAt(offset))
    history.restarted(offset)
  }

  /** A truncation that could not begin leaves the log as it was, and in use. */
  async #unlessGivenUp(truncation: Promise<void>): Promise<void> {
    try {
      await truncation
    } catch (error) {
      if (this.isOpen) Object.assign(this.history, { truncatesTo: undefined, end: this.log.endOffset })
      throw error
    }
  }

  async deleteRecordsBefore(offset: number): Promise<void> {
    this.history.startMax = Math.max(this.history.startMax, offset)
    const { log, history } = this
    const hasMoved = await log.deleteRecordsBefore(offset)
    // Unless it restarted meanwhile, somewhere else.
    if (hasMoved && history.truncatesTo === undefined && log.logStartOffset >= offset)
      history.startMin = Math.max(history.startMin, offset)
  }

  /** Everything is written, and as it must be. */
  async verify(): Promise<void> {
    await this.log.flush()
    await checkPartition(this.log, this.history, 'running')
  }

  /** Writes are taken, and there afterwards. */
  async mustWork(): Promise<void> {
    for (let count = 0; count < 3; count++) {
      demand(this.send() !== undefined, () => `${this.topic} takes no appends: ${this.log.failure?.message}`)
    }
    await this.verify()
    demand(this.log.ackableOffset === this.log.endOffset, () => `${this.topic} does not acknowledge`)
  }
}

/** Whether a producer's batch is what was sent: after a truncation, the last one may be another. */
function isBatchOf({ bytes, marker }: Sending, batch: SeenBatch): boolean {
  const isSame =
    BatchHeader.producerId(bytes, 0) === batch.producerId &&
    BatchHeader.producerEpoch(bytes, 0) === batch.producerEpoch &&
    BatchHeader.baseSequence(bytes, 0) === batch.baseSequence &&
    BatchHeader.lastOffsetDelta(bytes, 0) === batch.lastOffset - batch.baseOffset
  return isSame && marker === undefined && batch.producerId >= 0
}

/** Whether an operation may end so, in a process whose disk fails, or while something else has the log. */
export function isTypedFailure(error: unknown): boolean {
  if (error instanceof TortureFailure) return false
  const codes = ['offline', 'write-failed', 'wrong-state', 'closed', 'out-of-range'] as const
  return codes.some((code) => isStorageError(error, code)) || (error as Error | undefined)?.name === 'FileSystemError'
}

/** Some offset of the log, most often near its end. */
export function someOffset(random: Random, log: Log): number {
  const { logStartOffset, endOffset } = log
  const span = endOffset - logStartOffset
  const near = randomBelow(random, 2) === 0 ? Math.min(span, 12) : span
  return endOffset - randomBelow(random, near + 1)
}
