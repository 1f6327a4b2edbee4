/** Makes the state of partitions that begin to be read: new ones, and those of a topic that another one has taken the place of. */
import { type Uuid, zeroUuid } from '@millrace/base'
import type { Cluster } from '@millrace/client'
import { checkedStart, type ResolvedSettings } from './options.ts'
import { PartitionState, type StartAt } from './partition-state.ts'
import type { TopicSerdes } from './topic-serdes.ts'

export class PartitionMaker {
  readonly #cluster: Cluster
  readonly #settings: ResolvedSettings
  readonly #serdes: TopicSerdes
  readonly #onOpened: (state: PartitionState) => void

  /** @param onOpened called when a batch of a partition that was decompressed beside the event loop is open */
  constructor(
    cluster: Cluster,
    settings: ResolvedSettings,
    serdes: TopicSerdes,
    onOpened: (state: PartitionState) => void,
  ) {
    this.#cluster = cluster
    this.#settings = settings
    this.#serdes = serdes
    this.#onOpened = onOpened
  }

  /** A partition that begins where its group has committed, or else at `from`. */
  make(topic: string, partition: number, from: StartAt = this.#settings.from): PartitionState {
    const { group, checkCrc, decompressedSizeMax } = this.#settings
    const { workers } = this.#cluster
    const options = { checkCrc, decompressedSizeMax, workers, onOpened: () => this.#onOpened(state) }
    const start = { startAt: checkedStart(from), needsCommitted: group !== undefined }
    const state: PartitionState = new PartitionState(topic, partition, this.#serdes.of(topic), start, options)
    state.topicId = this.#topicIdOf(topic)
    return state
  }

  /** What is to take the place of partitions whose topic was deleted and created again: other records are at their offsets now. */
  remake(states: Iterable<PartitionState>): readonly PartitionState[] {
    const remade: PartitionState[] = []
    for (const state of states) {
      const topicId = this.#topicIdOf(state.topic)
      // A broker that is behind may still tell of the topic before.
      if (topicId === undefined || topicId === state.formerTopicId) continue
      if (state.topicId !== undefined && topicId !== state.topicId) remade.push(this.#anew(state))
      else state.topicId = topicId
    }
    return remade
  }

  #anew(former: PartitionState): PartitionState {
    const { topic, partition } = former
    const state = this.make(topic, partition, this.#settings.group === undefined ? 'earliest' : undefined)
    // What is committed is of the topic before.
    state.needsCommitted = false
    state.resetFrom = former.position
    state.formerTopicId = former.topicId
    state.isPaused = former.isPaused
    state.isAnnounced = former.isAnnounced
    state.isGoing = former.isGoing
    state.revoking = former.revoking
    return state
  }

  /** Undefined when brokers do not say. */
  #topicIdOf(name: string): Uuid | undefined {
    const topic = this.#cluster.snapshot.topics.get(name)
    return topic === undefined || topic.errorCode !== 0 || topic.topicId === zeroUuid ? undefined : topic.topicId
  }
}
