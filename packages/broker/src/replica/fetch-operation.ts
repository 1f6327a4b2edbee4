/** One fetch: reads its partitions in order within its limits, and waits until there is enough or time is up. */
import { ErrorCode } from '@millrace/protocol'
import type { LogSlice } from '@millrace/storage'
import type { Services } from '../services.ts'
import type { FetchPartition } from './fetch-session.ts'
import type { Partition } from './partition.ts'
import { findPartition } from './replica-manager.ts'

export interface FetchLimits {
  /** -1: a consumer; -2: a consumer that reads from any replica. */
  readonly replicaId: number
  readonly isolationLevel: number
  readonly sizeMax: number
  readonly sizeMin: number
  readonly waitMs: number
  readonly usesTopicIds: boolean
  /** Whether the client can be told who leads a partition that this broker does not (KIP-951). */
  readonly tellsLeader: boolean
  /** What a client of this version is told when a disk failed. */
  readonly storageErrorCode: number
}

const noRecords = Buffer.alloc(0)

/** The asker has to find the leader anew. */
const movedErrors: ReadonlySet<number> = new Set([ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.FENCED_LEADER_EPOCH])
/** Known before anything is read; Kafka then gives an empty list of aborted transactions, else none. */
const unknownErrors: ReadonlySet<number> = new Set([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID])

/** One partition of the answer, as the protocol has it. */
export interface PartitionAnswer {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly abortedTransactions: { producerId: number; firstOffset: number }[] | null
  readonly records: Buffer | LogSlice
  readonly divergingEpoch?: { epoch: number; endOffset: number }
  readonly currentLeader?: { leaderId: number; leaderEpoch: number }
}

export interface FetchedPartition {
  readonly asked: FetchPartition
  readonly answer: PartitionAnswer
}

export class FetchOperation {
  readonly #asked: readonly FetchPartition[]
  readonly #limits: FetchLimits
  readonly #services: Services

  constructor(asked: readonly FetchPartition[], limits: FetchLimits, services: Services) {
    this.#asked = asked
    this.#limits = limits
    this.#services = services
  }

  /** The answer: now, when there is enough or something to tell; else when records arrive or the wait is over. */
  async run(): Promise<FetchedPartition[]> {
    const { clock } = this.#services
    const deadline = clock.monotonic() + this.#limits.waitMs
    for (;;) {
      // Watch before reading: what arrives between the two must not be missed.
      const watch = this.#limits.waitMs > 0 ? this.#watch() : undefined
      const fetched = await this.#readAll()
      const remainingMs = deadline - clock.monotonic()
      if (watch === undefined || remainingMs <= 0 || this.#isEnough(fetched)) {
        watch?.stop()
        return fetched
      }
      for (const { answer } of fetched) release(answer.records)
      await watch.changed(remainingMs)
    }
  }

  #isEnough(fetched: readonly FetchedPartition[]): boolean {
    let size = 0
    for (const { answer } of fetched) {
      if (answer.errorCode !== ErrorCode.NONE || answer.divergingEpoch !== undefined) return true
      size += answer.records.byteLength
    }
    return fetched.length === 0 || size >= this.#limits.sizeMin
  }

  async #readAll(): Promise<FetchedPartition[]> {
    const fetched: FetchedPartition[] = []
    let remaining = this.#limits.sizeMax
    let isFirst = true
    for (const asked of this.#asked) {
      const sizeMax = Math.max(0, Math.min(remaining, asked.partitionMaxBytes))
      const answer = await this.#read(asked, sizeMax, isFirst)
      remaining -= answer.records.byteLength
      if (answer.records.byteLength > 0) isFirst = false
      fetched.push({ asked, answer })
    }
    return fetched
  }

  async #read(asked: FetchPartition, sizeMax: number, isFirst: boolean): Promise<PartitionAnswer> {
    const found = this.#find(asked)
    if ('errorCode' in found) return this.#failed(asked, found.errorCode, found.currentLeader)
    const { partition } = found
    const fenced = partition.checkLeaderEpoch(asked.currentLeaderEpoch)
    if (fenced !== ErrorCode.NONE) return this.#failed(asked, fenced, partition.currentLeader)
    const read = await partition.read(asked.fetchOffset, {
      sizeMax,
      minOneBatch: isFirst,
      isReplica: this.#limits.replicaId >= 0,
      isCommittedOnly: this.#limits.isolationLevel === 1,
      lastFetchedEpoch: asked.lastFetchedEpoch,
    })
    if (read.kind === 'refused') {
      const isStorage = read.errorCode === ErrorCode.KAFKA_STORAGE_ERROR
      return failed(asked.partition, isStorage ? this.#limits.storageErrorCode : read.errorCode)
    }
    return {
      partitionIndex: asked.partition,
      errorCode: ErrorCode.NONE,
      highWatermark: partition.highWatermark,
      lastStableOffset: partition.lastStableOffset,
      logStartOffset: partition.logStartOffset,
      abortedTransactions: this.#limits.isolationLevel === 1 ? abortedOf(read) : null,
      records: read.slice ?? noRecords,
      ...(read.divergingEpoch === undefined ? {} : { divergingEpoch: read.divergingEpoch }),
    }
  }

  #failed(
    asked: FetchPartition,
    errorCode: number,
    currentLeader: { leaderId: number; leaderEpoch: number } | undefined,
  ) {
    const tellsLeader = this.#limits.tellsLeader && movedErrors.has(errorCode)
    return failed(asked.partition, errorCode, tellsLeader ? currentLeader : undefined)
  }

  /** By id where the client knows ids: a session may be older than the topic's name. */
  #find(asked: FetchPartition) {
    const cluster = this.#services.cluster()
    const name = this.#limits.usesTopicIds ? cluster.topicById(asked.topicId)?.name : asked.topic
    if (name === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, currentLeader: undefined }
    return findPartition(this.#services.replicas, cluster, name, asked.partition)
  }

  #watch(): { changed(waitMs: number): Promise<void>; stop(): void } {
    const partitions = this.#asked.flatMap((asked) => {
      const found = this.#find(asked)
      return 'partition' in found ? [found.partition] : []
    })
    return watchAll(partitions, this.#services.replicas.timers)
  }
}

/** Tells once when any of the partitions has something new to read. */
function watchAll(
  partitions: readonly Partition[],
  timers: { schedule(delayMs: number, callback: () => void): { cancel(): void } },
) {
  let hasChanged = false
  let wake: (() => void) | undefined
  const onChange = () => {
    hasChanged = true
    wake?.()
  }
  const stops = partitions.map((partition) => partition.watch(onChange))
  const stop = () => {
    for (const each of stops) each()
  }
  return {
    stop,
    changed: (waitMs: number) =>
      new Promise<void>((resolve) => {
        if (hasChanged) {
          stop()
          resolve()
          return
        }
        const timer = timers.schedule(waitMs, () => wake?.())
        wake = () => {
          wake = undefined
          timer.cancel()
          stop()
          resolve()
        }
      }),
  }
}

function failed(
  partitionIndex: number,
  errorCode: number,
  currentLeader?: { leaderId: number; leaderEpoch: number },
): PartitionAnswer {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: unknownErrors.has(errorCode) ? [] : null,
    records: noRecords,
    ...(currentLeader === undefined ? {} : { currentLeader }),
  }
}

function release(records: Buffer | LogSlice): void {
  if (!Buffer.isBuffer(records)) records.release()
}

function abortedOf({ aborted = [] }: { readonly aborted?: readonly { producerId: number; firstOffset: number }[] }) {
  return aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
}
