/** Which coordinator partitions this broker leads, and the way to each of their shards. */
import type { Logger } from '@millrace/base'
import { type Clock, TimerWheel } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { HostedShard, type HostState } from './hosted-shard.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Outcome, Shard, ShardState } from './shard.ts'

export interface RuntimeDeps {
  readonly clock: Clock
  readonly logger: Logger
  /** The coordinator's topic, for messages. */
  readonly topic: string
  /** Bytes per read while loading. Default 5 MiB, as `offsets.load.buffer.size`. */
  readonly loadSizeMax?: number
}

interface Hosted<State extends ShardState, Command, Query, Entry, Reply> {
  readonly leaderEpoch: number
  readonly host: HostedShard<State, Command, Query, Entry, Reply>
}

/**
 * Runs the shards of one coordinator topic. Errors are values: `NOT_COORDINATOR` for a partition led elsewhere or unreadable,
 * `COORDINATOR_LOAD_IN_PROGRESS` while its log is replayed, `COORDINATOR_NOT_AVAILABLE` when what was written is lost,
 * `REQUEST_TIMED_OUT` when the commit takes too long, and whatever the log refuses an append with.
 */
export class ShardRuntime<State extends ShardState, Command, Query, Entry, Reply> {
  readonly #shard: Shard<State, Command, Query, Entry, Reply>
  readonly #deps: RuntimeDeps
  readonly #wheel: TimerWheel
  readonly #hosted = new Map<number, Hosted<State, Command, Query, Entry, Reply>>()
  /** The newest epoch seen of each partition: an election that arrives after its resignation is stale. */
  readonly #epochs = new Map<number, number>()
  #closed = false

  constructor(shard: Shard<State, Command, Query, Entry, Reply>, deps: RuntimeDeps) {
    this.#shard = shard
    this.#deps = deps
    this.#wheel = new TimerWheel(deps.clock)
  }

  /**
   * This broker became leader of `partition` in `leaderEpoch`. Resolves when the shard serves, or is known not to. An epoch
   * older than the last one seen is ignored, and so is a second election in the epoch that is served.
   */
  async load(partition: number, leaderEpoch: number, log: PartitionLog): Promise<void> {
    const served = this.#hosted.get(partition)?.leaderEpoch
    if (this.#closed || leaderEpoch < (this.#epochs.get(partition) ?? -1) || leaderEpoch === served) return
    this.#epochs.set(partition, leaderEpoch)
    this.#hosted.get(partition)?.host.close(ErrorCode.NOT_COORDINATOR)
    const host = new HostedShard(this.#shard, `${this.#deps.topic}-${partition}`, log, {
      clock: this.#deps.clock,
      wheel: this.#wheel,
      logger: this.#deps.logger,
      loadSizeMax: this.#deps.loadSizeMax ?? 5 * 1024 * 1024,
    })
    this.#hosted.set(partition, { leaderEpoch, host })
    await host.load()
  }

  /** This broker no longer leads `partition`, as of `leaderEpoch` (default: whatever it led). All that waits fails with 16. */
  unload(partition: number, leaderEpoch?: number): void {
    const hosted = this.#hosted.get(partition)
    if (leaderEpoch !== undefined) {
      if (hosted !== undefined && leaderEpoch < hosted.leaderEpoch) return
      this.#epochs.set(partition, Math.max(leaderEpoch, this.#epochs.get(partition) ?? -1))
    }
    this.#hosted.delete(partition)
    hosted?.host.close(ErrorCode.NOT_COORDINATOR)
  }

  /** Runs a command on a partition's shard. `commitTimeoutMs` bounds the wait for the commit, not that for other members. */
  write(partition: number, command: Command, commitTimeoutMs: number): Promise<Outcome<Reply>> {
    const hosted = this.#hosted.get(partition)
    if (hosted === undefined) return Promise.resolve({ kind: 'failed', errorCode: ErrorCode.NOT_COORDINATOR })
    return hosted.host.submit(command, commitTimeoutMs)
  }

  /** Answers from the committed state of a partition. */
  read(partition: number, query: Query): Outcome<Reply> {
    const hosted = this.#hosted.get(partition)
    return hosted?.host.query(query) ?? { kind: 'failed', errorCode: ErrorCode.NOT_COORDINATOR }
  }

  /** The partitions led here, loading and failed ones included. */
  partitions(): { readonly partition: number; readonly state: HostState }[] {
    return [...this.#hosted].map(([partition, { host }]) => ({ partition, state: host.hostState }))
  }

  /** Requests without an answer, over all partitions. */
  get parkedCount(): number {
    let count = 0
    for (const { host } of this.#hosted.values()) count += host.parkedCount
    return count
  }

  /** What the shard of a partition holds, as {@link Shard.inspect} shows it; undefined when it is not led here. */
  inspect(partition: number): unknown {
    return this.#hosted.get(partition)?.host.inspect()
  }

  /** Unloads everything; no timer remains. */
  close(): void {
    this.#closed = true
    for (const partition of [...this.#hosted.keys()]) this.unload(partition)
    this.#wheel.close()
  }
}
