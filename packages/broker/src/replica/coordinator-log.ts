/** A coordinator partition's log as the coordinator wants it: appends that are assigned at once, and news of what is committed. */
import type { PartitionLog, PartitionLogListener } from '@millrace/coordinator'
import type { Partition } from './partition.ts'

export function coordinatorLog(partition: Partition): PartitionLog {
  return {
    get endOffset() {
      return partition.endOffset
    },
    get highWatermark() {
      return partition.highWatermark
    },
    get logStartOffset() {
      return partition.logStartOffset
    },
    append(batch) {
      const outcome = partition.appendAsCoordinator(batch)
      if (outcome.kind === 'refused') return { kind: 'refused', errorCode: outcome.errorCode }
      return { kind: 'appended', baseOffset: outcome.baseOffset, lastOffset: outcome.lastOffset }
    },
    async read(offset, sizeMax) {
      const { log } = partition
      if (log === undefined) return Buffer.alloc(0)
      const result = await log.read(offset, { sizeMax, upperOffset: log.endOffset, minOneBatch: true })
      if (result.kind === 'out-of-range')
        throw new Error(`${partition.topic}-${partition.index} has no offset ${offset}`)
      if (result.slice === undefined) return Buffer.alloc(0)
      try {
        return await result.slice.read()
      } finally {
        result.slice.release()
      }
    },
    listen(listener: PartitionLogListener) {
      return partition.listen({
        onHighWatermark: (offset) => listener.onHighWatermark(offset),
        onFailure: (endOffset) => listener.onFailure(endOffset),
      })
    },
  }
}
