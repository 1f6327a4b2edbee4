/** AlterReplicaLogDirs, versions 1 and 2: moves replicas of this broker to other log directories, in the background. 2 flexible. KIP-113. */
import { AlterReplicaLogDirs } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const alterReplicaLogDirsHandler = defineHandler({
  api: AlterReplicaLogDirs,

  async handle(request, _context, { replicas }) {
    const results = new Map<string, Map<number, number>>()
    // As Kafka does, the last directory named for a partition counts.
    const targets = new Map<string, { topic: string; partition: number; path: string }>()
    for (const { path, topics } of request.dirs) {
      for (const { name: topic, partitions } of topics) {
        for (const partition of partitions) targets.set(`${topic}-${partition}`, { topic, partition, path })
      }
    }
    for (const { topic, partition, path } of targets.values()) {
      const codes = results.get(topic) ?? new Map<number, number>()
      results.set(topic, codes)
      codes.set(partition, await replicas.alterDirectory({ topic, partition }, path))
    }
    return {
      results: Array.from(results, ([topicName, codes]) => ({
        topicName,
        partitions: Array.from(codes, ([partitionIndex, errorCode]) => ({ partitionIndex, errorCode })),
      })),
    }
  },
})
