/** Replays a coordinator log into a fresh shard state. */

import type { PartitionLog } from './partition-log.ts'
import { batches } from './read-batch.ts'
import type { Shard, ShardState } from './shard.ts'

export interface LoadOptions {
  /** Bytes per read. */
  readonly sizeMax: number
  /** Asked after every read: true ends the load at once. */
  isCancelled(): boolean
  /** A record of a type this version does not know is left out; it stays in the log. */
  onUnknownRecord(offset: number): void
}

/**
 * Applies every record from the log's start to its end, and returns that end. What lies at or above the high watermark gets
 * snapshots, so that it can be taken back. Rejects when the log cannot be read or holds what cannot be decoded.
 */
export async function loadLog<State extends ShardState, Command, Query, Entry, Reply>(
  shard: Shard<State, Command, Query, Entry, Reply>,
  state: State,
  log: PartitionLog,
  options: LoadOptions,
): Promise<number> {
  let offset = log.logStartOffset
  while (offset < log.endOffset) {
    const bytes = await log.read(offset, options.sizeMax)
    if (options.isCancelled()) return offset
    const end = replay(shard, state, bytes, offset, log.highWatermark, options)
    if (end <= offset) throw new Error(`the log ends at offset ${offset}, but its end offset is ${log.endOffset}`)
    offset = end
  }
  if (state.timeline.newest === undefined) state.timeline.snapshot(offset)
  return offset
}

function replay<State extends ShardState, Command, Query, Entry, Reply>(
  shard: Shard<State, Command, Query, Entry, Reply>,
  state: State,
  bytes: Buffer,
  start: number,
  highWatermark: number,
  options: LoadOptions,
): number {
  let end = start
  for (const batch of batches(bytes)) {
    if (batch.end <= start) continue
    if (state.timeline.newest === undefined && batch.end > highWatermark) state.timeline.snapshot(end)
    if (batch.kind === 'marker') shard.endTransaction(state, batch.marker)
    if (batch.kind === 'records') {
      for (const { offset, key, value } of batch.records()) {
        const entry = key === null ? undefined : shard.decode(key, value)
        if (entry === undefined) options.onUnknownRecord(offset)
        else shard.apply(state, entry, offset, batch.producer)
      }
    }
    end = batch.end
    if (state.timeline.newest !== undefined) state.timeline.snapshot(end)
  }
  return end
}
