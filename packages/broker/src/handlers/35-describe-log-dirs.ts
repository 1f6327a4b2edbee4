/** DescribeLogDirs, versions 1 to 5: sizes of partitions by directory. 2 flexible, 3 top-level error, 4 bytes of the volume, 5 cordoned. */
import { DescribeLogDirs, ErrorCode } from '@millrace/protocol'
import { metadataPartition } from '@millrace/storage'
import { defineHandler } from '../handler.ts'

export const describeLogDirsHandler = defineHandler({
  api: DescribeLogDirs,

  handle(request, _context, services) {
    const wanted =
      request.topics === null
        ? undefined
        : new Map(request.topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
    const { logs } = services.replicas
    const results = logs.directories.map(({ path, isOnline }) => {
      const topics = new Map<
        string,
        { partitionIndex: number; partitionSize: number; offsetLag: number; isFutureKey: boolean }[]
      >()
      for (const log of logs.logs()) {
        const { topic, partition } = log
        if (logs.directoryOf(log) !== path || topic === metadataPartition.topic) continue
        if (wanted !== undefined && !wanted.get(topic)?.has(partition)) continue
        const partitions = topics.get(topic) ?? []
        topics.set(topic, partitions)
        partitions.push({ partitionIndex: partition, partitionSize: log.sizeInBytes, offsetLag: 0, isFutureKey: false })
      }
      return {
        errorCode: isOnline ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR,
        logDir: path,
        topics: Array.from(topics, ([name, partitions]) => ({ name, partitions })),
      }
    })
    return { errorCode: ErrorCode.NONE, results }
  },
})
