/** What a consumer is doing, as a plain object: for monitoring. */
import type { TopicPartition } from './events.ts'
import type { PartitionState } from './partition-state.ts'

/** A partition that a consumer reads, at one moment. */
export interface ReadingState extends TopicPartition {
  /** The offset that user code gets next; undefined while it is looked for. */
  readonly position: number | undefined
  /** What this consumer committed last, or found committed; undefined for nothing. */
  readonly committedOffset: number | undefined
  /** How far the end is from the position, as of the last answer; undefined while unknown. */
  readonly lag: number | undefined
  readonly isPaused: boolean
  /** What is fetched and not handed out, as it was fetched. */
  readonly bufferedBytes: number
}

/** Since the consumer was made. */
export interface ConsumerCounts {
  /** Handed out to user code. */
  readonly records: number
  /** Record batches as they were fetched. */
  readonly bytes: number
  /** Answers to fetches. */
  readonly fetches: number
  /** Assignments that the group gave. */
  readonly rebalances: number
  /** Commits that succeeded; one may be for many partitions. */
  readonly commits: number
  /** What was told as `stalled`. */
  readonly failures: number
}

/** A consumer at one moment. */
export interface ConsumerState {
  /**
   * `idle` before the first loop; `joining` while the group has not assigned, or is assigning anew; `stable`; `failed` when the
   * consumer cannot be in its group; `closing`; `closed`.
   */
  readonly state: 'idle' | 'joining' | 'stable' | 'failed' | 'closing' | 'closed'
  /** Given by the group; empty without one, and before. */
  readonly memberId: string
  /** -1 without a group, and before the first. */
  readonly generationId: number
  readonly partitions: readonly ReadingState[]
  readonly counts: ConsumerCounts
}

function known(offset: number): number | undefined {
  return offset < 0 ? undefined : offset
}

/** How far the end is from the next message, as of the last answer; undefined while unknown. */
export function lagOf({ highWatermark, position }: PartitionState): number | undefined {
  return highWatermark < 0 || position < 0 ? undefined : Math.max(0, highWatermark - position)
}

export function readingStateOf(state: PartitionState): ReadingState {
  return {
    topic: state.topic,
    partition: state.partition,
    position: known(state.position),
    committedOffset: known(state.committedOffset),
    lag: lagOf(state),
    isPaused: state.isPaused,
    bufferedBytes: state.buffer.size,
  }
}
