/** Carries out what the raft machine wants: quorum state and log to the disk in its order, time and replies to where they belong. */
import { assert, type Clock, type Logger, type Timer } from '@millrace/base'
import type { LoadedMetadata, MetadataImage, MetadataLoader } from '@millrace/metadata'
import type { MetadataRecord } from '@millrace/protocol'
import type {
  Raft,
  RaftEffect,
  RaftEvent,
  RaftReply,
  RaftRequest,
  RaftResponse,
  RaftStatus,
  SnapshotInfo,
} from '@millrace/raft'
import { encodeControlRecords, encodeQuorumState } from '@millrace/raft'
import type { Log } from '@millrace/storage'
import type { MetadataLogWriter } from './controller.ts'
import { decodeMetadataBatches, encodeMetadataBatch } from './metadata-batch.ts'

/** What a leader appends: records of the controller. */
export type MetadataProposal = readonly MetadataRecord[]

type Effect = RaftEffect<MetadataProposal>
type EventBody<E> = E extends { readonly now: number } ? Omit<E, 'now'> : never

export interface RaftDriverOptions {
  readonly raft: Raft<MetadataProposal>
  readonly log: Log
  /** The state of the newest snapshot, or the empty image; and the offset where the log goes on. */
  readonly loader: MetadataLoader
  readonly appliedOffset: number
  readonly clock: Clock
  readonly logger: Logger
  /** Replaces the `quorum-state` file durably. */
  readonly writeQuorumState: (text: string) => Promise<void>
  /** Asks another node of the quorum; rejects when no answer comes. */
  readonly send: (effect: Extract<Effect, { type: 'send' }>) => Promise<RaftResponse>
  /** Committed records were applied; called in order. */
  readonly onApplied: (loaded: LoadedMetadata, endOffset: number) => Promise<void>
  /** This node leads, and everything committed before has been applied. */
  readonly onLeading: (writer: MetadataLogWriter, committed: MetadataImage) => void
  readonly onResigned: () => void
  readonly onFatal: (error: unknown) => void
}

/** Bytes of the log read at a time while catching up. */
const readSizeMax = 1024 * 1024

export class RaftDriver implements MetadataLogWriter {
  readonly #options: RaftDriverOptions
  readonly #effects: Effect[] = []
  /** Batches that this leader appended and that are not applied: what is committed need not be read back. */
  readonly #unapplied: { baseOffset: number; endOffset: number; records: MetadataProposal }[] = []
  readonly #replies = new Map<number, (reply: RaftReply) => void>()
  #nextToken = 1
  #generation = 0
  #isBlocked = false
  #isRunning = false
  #appliedOffset: number
  #commitTarget: number
  #isApplying = false
  #isLeading = false
  /** The controller starts when everything up to here is applied. */
  #leadFromOffset: number | undefined
  #timer: Timer | undefined
  #stopListening: () => void = () => {}
  #onStopped: (() => void) | undefined
  #isStopped = false

  constructor(options: RaftDriverOptions) {
    this.#options = options
    this.#appliedOffset = options.appliedOffset
    this.#commitTarget = options.appliedOffset
  }

  start(): void {
    const { raft, log, clock } = this.#options
    this.#stopListening = log.listen({
      onAdvance: () => this.#reportLog(),
      onFailure: (_log, error) => this.#options.onFatal(error),
    })
    this.#take(raft.start(clock.monotonic()))
  }

  get endOffset(): number {
    return this.#options.raft.status().endOffset
  }

  /** Everything below this offset of the log is applied. */
  get appliedOffset(): number {
    return this.#appliedOffset
  }

  get status(): RaftStatus {
    return this.#options.raft.status()
  }

  propose(records: readonly MetadataRecord[]): boolean {
    if (!this.#isLeading || this.#isStopped) return false
    this.#step({ type: 'propose', proposal: records, recordCount: records.length })
    return this.#isLeading
  }

  /** Answers a request of the quorum's own APIs. */
  request(request: RaftRequest): Promise<RaftReply> {
    return new Promise((resolve) => {
      const token = this.#nextToken++
      this.#replies.set(token, resolve)
      this.#step({ type: 'request', token, request })
    })
  }

  /** A snapshot of applied records is durable. */
  snapshotCreated(snapshot: SnapshotInfo): void {
    this.#step({ type: 'snapshotCreated', snapshot })
  }

  /** Hands leadership over if there is somebody, and stops. */
  shutdown(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      // A disk that failed answers nothing any more, and what waits for it never ends.
      const timer = this.#options.clock.schedule(timeoutMs, () => this.#stop())
      this.#onStopped = () => {
        timer.cancel()
        resolve()
      }
      if (this.#isStopped) this.#onStopped()
      else this.#step({ type: 'shutdown', timeoutMs })
    })
  }

  #step(event: EventBody<RaftEvent<MetadataProposal>>): void {
    if (this.#isStopped) return
    const { raft, clock } = this.#options
    this.#take(raft.step({ ...event, now: clock.monotonic() } as RaftEvent<MetadataProposal>))
  }

  #take(effects: readonly Effect[]): void {
    this.#effects.push(...effects)
    this.#run()
    this.#schedule()
  }

  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const deadline = this.#options.raft.nextDeadline()
    if (deadline === Number.POSITIVE_INFINITY || this.#isStopped) return
    const delayMs = Math.max(0, deadline - this.#options.clock.monotonic())
    this.#timer = this.#options.clock.schedule(delayMs, () => this.#step({ type: 'tick' }))
  }

  /** Effects in order; one that must be durable first holds back those after it. */
  #run(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      while (!this.#isBlocked) {
        const effect = this.#effects.shift()
        if (effect === undefined) break
        this.#perform(effect)
      }
    } catch (error) {
      this.#options.onFatal(error)
    } finally {
      this.#isRunning = false
    }
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'persistQuorumState':
        this.#block(
          this.#options.writeQuorumState(encodeQuorumState(effect.state, effect.kraftVersion, effect.voterIds)),
        )
        return
      case 'append':
        this.#append(effect)
        return
      case 'truncate':
        this.#generation = effect.generation
        this.#block(this.#options.log.truncateTo(effect.endOffset).then(() => this.#reportLog()))
        return
      case 'appendFetched':
        this.#generation = effect.generation
        for (const batch of effect.batches) this.#appendBatch(Buffer.from(batch.bytes), batch.baseOffset, batch.epoch)
        return
      case 'commit':
        this.#commitTarget = Math.max(this.#commitTarget, effect.highWatermark)
        this.#options.log.advanceHighWatermark(effect.highWatermark)
        this.#apply()
        return
      case 'send':
        this.#send(effect)
        return
      case 'reply': {
        const resolve = this.#replies.get(effect.token)
        this.#replies.delete(effect.token)
        resolve?.(effect.reply)
        return
      }
      case 'leaderReady':
        this.#leadFromOffset = this.#options.raft.status().highWatermark
        this.#maybeLead()
        return
      case 'roleChanged':
        this.#options.logger.info('The role in the metadata quorum changed', {
          role: effect.role,
          epoch: effect.epoch,
          leaderId: effect.leaderId,
        })
        if (effect.role !== 'leader') this.#resign()
        return
      case 'refuseProposal':
        this.#resign()
        return
      case 'votersChanged':
        return
      case 'warn':
        this.#options.logger.warn(effect.message)
        return
      case 'writeSnapshot':
      case 'installSnapshot':
        throw new Error('A lone voter fetches no snapshot')
      case 'stopped':
        this.#stop()
    }
  }

  #append(effect: Extract<Effect, { type: 'append' }>): void {
    this.#generation = effect.generation
    const { batch, baseOffset, epoch } = effect
    const nowMs = this.#options.clock.now()
    if (batch.kind === 'control') {
      const bytes = encodeControlRecords(batch.records, { baseOffset, epoch, timestamp: nowMs })
      this.#unapplied.push({ baseOffset, endOffset: baseOffset + batch.records.length, records: [] })
      this.#appendBatch(bytes, baseOffset, epoch)
      return
    }
    this.#unapplied.push({ baseOffset, endOffset: baseOffset + batch.recordCount, records: batch.proposal })
    this.#appendBatch(encodeMetadataBatch(batch.proposal, baseOffset, epoch, nowMs), baseOffset, epoch)
  }

  #appendBatch(bytes: Buffer, baseOffset: number, epoch: number): void {
    const result = this.#options.log.append(bytes, { origin: 'raft', leaderEpoch: epoch })
    assert(
      result.kind === 'appended' && result.baseOffset === baseOffset,
      `the metadata log refuses a batch at ${baseOffset}: ${JSON.stringify(result)}`,
    )
  }

  /** Holds back later effects until `work` is done. A failure of the metadata disk ends the broker. */
  #block(work: Promise<void>): void {
    this.#isBlocked = true
    work.then(() => {
      this.#isBlocked = false
      this.#run()
    }, this.#options.onFatal)
  }

  #reportLog(): void {
    const { log } = this.#options
    this.#step({
      type: 'logPersisted',
      generation: this.#generation,
      writtenOffset: log.writtenOffset,
      durableOffset: log.ackableOffset,
    })
  }

  #send(effect: Extract<Effect, { type: 'send' }>): void {
    const { requestId } = effect
    this.#options.send(effect).then(
      (response) => this.#step({ type: 'response', requestId, response }),
      () => this.#step({ type: 'requestFailed', requestId }),
    )
  }

  /** Applies what is committed, one batch after the other; called again while that goes on, it does nothing. */
  #apply(): void {
    if (this.#isApplying) return
    this.#isApplying = true
    this.#applyAll().then(() => {
      this.#isApplying = false
      this.#maybeLead()
      if (this.#appliedOffset < this.#commitTarget && this.#hasNext()) this.#apply()
    }, this.#options.onFatal)
  }

  /** Not while the next batch is only half committed, which happens to no batch of this node. */
  #hasNext(): boolean {
    const first = this.#unapplied[0]
    return first === undefined || first.baseOffset > this.#appliedOffset || first.endOffset <= this.#commitTarget
  }

  /** From memory where a batch was appended by this leader, else from the log. */
  async #applyAll(): Promise<void> {
    while (this.#appliedOffset < this.#commitTarget && this.#hasNext()) {
      const first = this.#unapplied[0]
      if (first !== undefined && first.baseOffset === this.#appliedOffset) {
        this.#unapplied.shift()
        await this.#applyRecords(first.records, first.baseOffset, first.endOffset)
      } else {
        await this.#applyFromLog(Math.min(this.#commitTarget, first?.baseOffset ?? this.#commitTarget))
      }
    }
  }

  async #applyFromLog(endOffset: number): Promise<void> {
    const { log } = this.#options
    while (this.#appliedOffset < endOffset) {
      const read = { sizeMax: readSizeMax, upperOffset: endOffset, minOneBatch: true }
      const result = await log.read(this.#appliedOffset, read)
      assert(
        result.kind === 'slice' && result.slice !== undefined,
        `the metadata log has no offset ${this.#appliedOffset}`,
      )
      const bytes = await result.slice.read()
      result.slice.release()
      for (const batch of decodeMetadataBatches(bytes)) {
        if (batch.endOffset <= this.#appliedOffset) continue
        await this.#applyRecords(batch.records, batch.baseOffset, batch.endOffset)
      }
    }
  }

  async #applyRecords(records: MetadataProposal, baseOffset: number, endOffset: number): Promise<void> {
    const { loader, onApplied } = this.#options
    const loaded = loader.load(records, baseOffset)
    loader.skipTo(endOffset - 1)
    await onApplied({ ...loaded, image: loader.image }, endOffset)
    this.#appliedOffset = endOffset
  }

  #maybeLead(): void {
    if (this.#leadFromOffset === undefined || this.#appliedOffset < this.#leadFromOffset || this.#isLeading) return
    this.#leadFromOffset = undefined
    this.#isLeading = true
    this.#options.onLeading(this, this.#options.loader.image)
  }

  #resign(): void {
    this.#leadFromOffset = undefined
    if (!this.#isLeading) return
    this.#isLeading = false
    this.#options.onResigned()
  }

  #stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#stopListening()
    this.#resign()
    this.#onStopped?.()
  }
}
