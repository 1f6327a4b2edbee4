/**
 * Tells the controller which log directory holds each replica of this broker (AssignReplicasToDirs): the newest word on each replica,
 * in batches, one request at a time, again until it is taken. KIP-858.
 */
import { type Clock, type Logger, type Timer, type Uuid, zeroUuid } from '@millrace/base'
import {
  AssignReplicasToDirs,
  type AssignReplicasToDirsRequest,
  ErrorCode,
  type ResponseInput,
} from '@millrace/protocol'
import type { ControllerChannel } from '../services.ts'

/** Replicas of one request, as many as Kafka's brokers send. */
const batchCountMax = 2250
const retryMsMin = 100
const retryMsMax = 10_000

export interface ReplicaAssignment {
  readonly topicId: Uuid
  readonly partition: number
  readonly directoryId: Uuid
}

export interface DirectoryAssignmentsOptions {
  readonly brokerId: number
  /** -1 while the broker is not registered: then nothing is sent. */
  readonly brokerEpoch: () => number
  readonly channel: ControllerChannel
  readonly clock: Clock
  readonly logger: Logger
}

export class DirectoryAssignments {
  readonly #options: DirectoryAssignmentsOptions
  /** What the controller has not confirmed yet, by topic id and partition. */
  readonly #open = new Map<string, ReplicaAssignment>()
  #isSending = false
  #isClosed = false
  #retryMs = retryMsMin
  #timer: Timer | undefined

  constructor(options: DirectoryAssignmentsOptions) {
    this.#options = options
  }

  /** Replicas whose place the controller has not confirmed. */
  get openCount(): number {
    return this.#open.size
  }

  /** The replica is in this directory now. Sent in the next turn of the event loop, with what else was assigned until then. */
  assign(assignment: ReplicaAssignment): void {
    this.#open.set(keyOf(assignment), assignment)
    this.#sendSoon()
  }

  /** Sends what is open: the broker is registered now. */
  start(): void {
    this.#sendSoon()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#open.clear()
  }

  #sendSoon(): void {
    if (this.#isSending || this.#isClosed || this.#timer !== undefined || this.#options.brokerEpoch() < 0) return
    this.#isSending = true
    this.#options.clock.defer(() => void this.#sendAll())
  }

  async #sendAll(): Promise<void> {
    let isConfirmed = true
    while (isConfirmed && this.#open.size > 0 && !this.#isClosed) {
      const batch = [...this.#open.values()].slice(0, batchCountMax)
      isConfirmed = await this.#send(batch)
    }
    this.#isSending = false
    if (isConfirmed) this.#retryMs = retryMsMin
    else this.#retryLater()
  }

  #retryLater(): void {
    if (this.#isClosed) return
    this.#timer = this.#options.clock.schedule(this.#retryMs, () => {
      this.#timer = undefined
      this.#sendSoon()
    })
    this.#retryMs = Math.min(retryMsMax, this.#retryMs * 2)
  }

  /** False: some of it has to be sent again, later. */
  async #send(batch: readonly ReplicaAssignment[]): Promise<boolean> {
    const { channel, brokerId, brokerEpoch, logger } = this.#options
    try {
      const request = assignmentRequest(brokerId, brokerEpoch(), batch)
      const answer = await channel.send(AssignReplicasToDirs, request, { apiVersion: 0, principal: 'broker' })
      if (answer.errorCode !== ErrorCode.NONE) {
        logger.warn('The controller does not take where replicas are; asked again', { errorCode: answer.errorCode })
        return false
      }
      return this.#settle(batch, answer.directories ?? [])
    } catch (error) {
      logger.warn('The controller could not be told where replicas are; asked again', { error })
      return false
    }
  }

  #settle(batch: readonly ReplicaAssignment[], directories: readonly AnsweredDirectory[]): boolean {
    const codes = new Map<string, number>()
    for (const { id: directoryId, topics } of directories) {
      for (const { topicId, partitions } of topics ?? []) {
        for (const { partitionIndex: partition, errorCode } of partitions ?? []) {
          codes.set(
            `${keyOf({ topicId: topicId ?? zeroUuid, partition: partition ?? 0 })} ${directoryId}`,
            errorCode ?? 0,
          )
        }
      }
    }
    let isAllSettled = true
    for (const assignment of batch) {
      const code = codes.get(`${keyOf(assignment)} ${assignment.directoryId}`)
      if (code === undefined || !isFinal(code)) isAllSettled = false
      // It may have moved on meanwhile: then the newer word is still to be said.
      else if (this.#open.get(keyOf(assignment)) === assignment) this.#open.delete(keyOf(assignment))
    }
    return isAllSettled
  }
}

type AnsweredDirectory = NonNullable<ResponseInput<typeof AssignReplicasToDirs>['directories']>[number]

/** The topic is gone, or the replica is another broker's now: there is nothing more to say. */
const finalErrors: ReadonlySet<number> = new Set([
  ErrorCode.NONE,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
])

const isFinal = (errorCode: number) => finalErrors.has(errorCode)

const keyOf = ({ topicId, partition }: Pick<ReplicaAssignment, 'topicId' | 'partition'>) => `${topicId}:${partition}`

function assignmentRequest(
  brokerId: number,
  brokerEpoch: number,
  batch: readonly ReplicaAssignment[],
): AssignReplicasToDirsRequest {
  const directories = new Map<Uuid, Map<Uuid, { partitionIndex: number }[]>>()
  for (const { directoryId, topicId, partition } of batch) {
    const topics = directories.get(directoryId) ?? new Map<Uuid, { partitionIndex: number }[]>()
    directories.set(directoryId, topics)
    const partitions = topics.get(topicId) ?? []
    topics.set(topicId, partitions)
    partitions.push({ partitionIndex: partition })
  }
  return {
    brokerId,
    brokerEpoch,
    directories: Array.from(directories, ([id, topics]) => ({
      id,
      topics: Array.from(topics, ([topicId, partitions]) => ({ topicId, partitions })),
    })),
  }
}
