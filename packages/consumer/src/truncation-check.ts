/**
 * Asks a new leader whether its log has what was fetched from the one before (KIP-320, reference section 2.12). After an unclean
 * election it may not: reading on at the same offset would skip records, or read others than the offset stood for.
 */
import { backoffMs, type Cluster, type Lane, remedyForCode, remedyForError, toMillraceError } from '@millrace/client'
import { ErrorCode, OffsetForLeaderEpoch, type OffsetForLeaderEpochResponse } from '@millrace/protocol'
import { byTopic } from './by-topic.ts'
import { targetKey } from './fetch-session.ts'
import type { PartitionState } from './partition-state.ts'
import type { Divergence } from './resets.ts'

export interface TruncationEvents {
  /** The log parts from what was fetched. */
  readonly onDiverged: (state: PartitionState, divergence: Divergence) => void
  /** Some partitions may be fetched, or asked for again, by now. */
  readonly onChecked: () => void
}

/** A partition to ask for. */
export interface Unchecked {
  readonly state: PartitionState
  /** The node that leads it, and since when. */
  readonly node: number
  readonly leaderEpoch: number
}

interface Question extends Unchecked {
  readonly topic: string
  readonly version: number
  /** What is asked about; an answer that was on its way may have moved the partition on since. */
  readonly fetchOffset: number
  readonly fetchedEpoch: number
}

export class TruncationCheck {
  readonly #cluster: Cluster
  readonly #lane: Lane
  readonly #events: TruncationEvents
  /** Partitions that are being asked for. */
  readonly #asking = new Set<PartitionState>()

  constructor(cluster: Cluster, lane: Lane, events: TruncationEvents) {
    this.#cluster = cluster
    this.#lane = lane
    this.#events = events
  }

  /** Asks for partitions that are not being asked for yet. */
  check(unchecked: readonly Unchecked[]): void {
    const byNode = new Map<number, Question[]>()
    for (const each of unchecked) {
      if (this.#asking.has(each.state)) continue
      this.#asking.add(each.state)
      const { topic, version, fetchOffset, fetchedEpoch } = each.state
      const question = { ...each, topic, version, fetchOffset, fetchedEpoch }
      const questions = byNode.get(each.node)
      if (questions === undefined) byNode.set(each.node, [question])
      else questions.push(question)
    }
    for (const [node, questions] of byNode) void this.#ask(node, questions)
  }

  async #ask(node: number, questions: readonly Question[]): Promise<void> {
    try {
      const topics = Array.from(byTopic(questions), ([topic, group]) => ({
        topic,
        partitions: group.map(({ state, leaderEpoch, fetchedEpoch }) => ({
          partition: state.partition,
          currentLeaderEpoch: leaderEpoch,
          leaderEpoch: fetchedEpoch,
        })),
      }))
      const response = await this.#cluster.send(OffsetForLeaderEpoch, { topics }, { node, lane: this.#lane })
      this.#onResponse(questions, response)
    } catch (error) {
      const { retriable, refreshMetadata } = remedyForError(toMillraceError(error, OffsetForLeaderEpoch.name))
      this.#cluster.applyRemedy({ retriable, refreshMetadata, refreshCoordinator: false })
      for (const question of questions) this.#onFailure(question, retriable)
    }
    for (const { state } of questions) this.#asking.delete(state)
    this.#events.onChecked()
  }

  #onResponse(questions: readonly Question[], { topics }: OffsetForLeaderEpochResponse): void {
    const answers = new Map(
      topics.flatMap(({ topic, partitions }) =>
        partitions.map((answer) => [targetKey({ topic, partition: answer.partition }), answer] as const),
      ),
    )
    for (const question of questions) {
      const { state, leaderEpoch, fetchOffset } = question
      const answer = answers.get(targetKey(state))
      const errorCode = answer?.errorCode ?? ErrorCode.NONE
      if (errorCode !== ErrorCode.NONE) {
        const remedy = remedyForCode(errorCode)
        this.#cluster.applyRemedy(remedy)
        if (errorCode === ErrorCode.UNKNOWN_LEADER_EPOCH) this.#cluster.refreshMetadataSoon()
        this.#onFailure(question, remedy.retriable)
        continue
      }
      if (!isCurrent(question)) continue
      state.checkedEpoch = leaderEpoch
      state.failureCount = 0
      const end = answer?.endOffset ?? -1
      if (end < 0 || end >= fetchOffset) continue
      this.#events.onDiverged(state, { offset: end, leaderEpoch: answer?.leaderEpoch ?? -1 })
    }
  }

  /** What cannot be asked is taken for good: brokers did without for long. */
  #onFailure(question: Question, isRetriable: boolean): void {
    const { state, leaderEpoch } = question
    if (!isCurrent(question)) return
    if (!isRetriable) {
      state.checkedEpoch = leaderEpoch
      return
    }
    state.failureCount++
    const { clock, random, backoff } = this.#cluster
    state.retryAtMs = clock.monotonic() + backoffMs(state.failureCount, random, backoff)
  }
}

/** Whether the partition is where it was when the question was asked. */
function isCurrent({ state, version, fetchOffset, fetchedEpoch }: Question): boolean {
  const isSamePlace = state.fetchOffset === fetchOffset && state.fetchedEpoch === fetchedEpoch
  return state.version === version && !state.isRevoked && isSamePlace
}
