/**
 * Moves replicas between the log directories of this broker, while they are used (AlterReplicaLogDirs, KIP-113). Each move copies in
 * the background until it has caught up, then the partition changes over to the copy.
 */
import type { Logger } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import {
  canBeMoved,
  isStorageError,
  type Log,
  type LogManager,
  type LogMove,
  type TopicPartition,
} from '@millrace/storage'
import type { Partition } from './partition.ts'

export interface ReplicaMovesOptions {
  readonly logs: LogManager
  readonly logger: Logger
  partition(topicPartition: TopicPartition): Partition | undefined
  isOffline(topicPartition: TopicPartition): boolean
  /** The partition's log is in another directory now. */
  onMoved(topicPartition: TopicPartition, log: Log): void
  /** The change-over failed: the partition has no log until the next start. */
  onLost(topicPartition: TopicPartition, error: unknown): void
}

/** A step of copying that found no more than this has nearly caught up: under load there is always something left. */
const remainderBytesMax = 256 * 1024

interface Running {
  readonly topicPartition: TopicPartition
  isCancelled: boolean
  /** Settled when it does nothing any more. */
  ended: Promise<void>
}

export class ReplicaMoves {
  readonly #options: ReplicaMovesOptions
  readonly #running = new Map<string, Running>()
  /** Those who wait for their turn to copy: one move for each directory at a time. */
  readonly #waiting: (() => void)[] = []
  #copyingCount = 0
  /** The last request: two for one replica must not begin at the same time. */
  #altering: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: ReplicaMovesOptions) {
    this.#options = options
  }

  /** Begins to move a replica, or calls a move back. The error code, with what to tell people of it in the log. */
  alter(topicPartition: TopicPartition, directory: string): Promise<number> {
    const altered = this.#altering.then(() => this.#alter(topicPartition, directory))
    this.#altering = altered.catch(() => {})
    return altered
  }

  async #alter(topicPartition: TopicPartition, directory: string): Promise<number> {
    const { logs, logger } = this.#options
    const target = logs.directories.find(({ path }) => path === directory)
    if (!canBeMoved(topicPartition)) return ErrorCode.INVALID_TOPIC_EXCEPTION
    if (target === undefined) return ErrorCode.LOG_DIR_NOT_FOUND
    if (!target.isOnline || this.#options.isOffline(topicPartition)) return ErrorCode.KAFKA_STORAGE_ERROR
    if (this.#options.partition(topicPartition)?.log === undefined) return ErrorCode.REPLICA_NOT_AVAILABLE
    const running = this.#running.get(keyOf(topicPartition))
    if (running !== undefined && directoryOf(logs, topicPartition) === directory) return ErrorCode.NONE
    await this.stop(topicPartition)
    if (this.#isClosed || this.#options.partition(topicPartition)?.log === undefined)
      return ErrorCode.REPLICA_NOT_AVAILABLE
    try {
      const move = await logs.beginMove(topicPartition, directory)
      if (move !== undefined) this.#start(move)
      return ErrorCode.NONE
    } catch (error) {
      logger.error('A replica cannot be moved', { ...topicPartition, directory, error })
      return ErrorCode.KAFKA_STORAGE_ERROR
    }
  }

  /** Goes on with the moves that the last process left. */
  resume(): void {
    for (const move of this.#options.logs.moves()) {
      if (!this.#running.has(keyOf(move.topicPartition))) this.#start(move)
    }
  }

  /** Resolves when nothing is done about this replica any more; what was copied stays. */
  async stop(topicPartition: TopicPartition): Promise<void> {
    const running = this.#running.get(keyOf(topicPartition))
    if (running === undefined) return
    running.isCancelled = true
    await running.ended
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const next of this.#waiting.splice(0)) next()
    await Promise.all([...this.#running.values()].map(({ topicPartition }) => this.stop(topicPartition)))
  }

  #start(move: LogMove): void {
    const { topicPartition } = move
    const running: Running = { topicPartition, isCancelled: false, ended: Promise.resolve() }
    this.#running.set(keyOf(topicPartition), running)
    running.ended = this.#run(move, running).finally(() => {
      if (this.#running.get(keyOf(topicPartition)) === running) this.#running.delete(keyOf(topicPartition))
    })
  }

  async #run(move: LogMove, running: Running): Promise<void> {
    const { logger, logs } = this.#options
    const { topicPartition, directory } = move
    await this.#turn()
    try {
      if (!(await this.#catchUp(move, running))) return
      await this.#changeOver(move, running)
    } catch (error) {
      logger.error('A replica could not be moved; it stays where it is', { ...topicPartition, directory, error })
      // Of a log whose disk failed, the copy is all there is until the disk is back.
      if (move.source.failure?.code === 'offline') return
      await logs.cancelMove(topicPartition).catch((thrown: unknown) => {
        logger.warn('What was copied of a replica could not be removed', {
          ...topicPartition,
          directory,
          error: thrown,
        })
      })
    } finally {
      this.#copyingCount--
      this.#waiting.shift()?.()
    }
  }

  /** Waits until one move less than there are directories is copying. */
  async #turn(): Promise<void> {
    while (this.#copyingCount >= this.#options.logs.directories.length && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#copyingCount++
  }

  /** Copies what is committed, until little is left: the rest is copied while appends are held back. False when it was called off. */
  async #catchUp(move: LogMove, running: Running): Promise<boolean> {
    const isOver = () => running.isCancelled || this.#isClosed
    while (!isOver()) {
      const copied = await move.copyNext(move.source.highWatermark)
      if (copied <= remainderBytesMax && !isOver()) return true
    }
    return false
  }

  async #changeOver(move: LogMove, running: Running): Promise<void> {
    const { logs, logger, onMoved, onLost } = this.#options
    const { topicPartition, directory } = move
    const partition = this.#options.partition(topicPartition)
    if (partition === undefined) return
    let isFinishing = false
    try {
      await partition.replaceLog(async () => {
        await move.complete()
        if (running.isCancelled) return undefined
        isFinishing = true
        const log = await logs.finishMove(topicPartition)
        onMoved(topicPartition, log)
        return log
      })
      if (isFinishing) logger.info('A replica was moved', { ...topicPartition, directory })
    } catch (error) {
      if (!isFinishing || isStorageError(error, 'wrong-state')) throw error
      onLost(topicPartition, error)
    }
  }
}

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`

function directoryOf(logs: LogManager, topicPartition: TopicPartition): string | undefined {
  return logs.moves().find((move) => keyOf(move.topicPartition) === keyOf(topicPartition))?.directory
}
