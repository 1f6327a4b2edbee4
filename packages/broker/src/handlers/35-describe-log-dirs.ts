/**
 * DescribeLogDirs, versions 1 to 5: sizes of partitions by directory, those that are being moved there included (`isFutureKey`). 2
 * flexible, 3 top-level error, 4 bytes of the volume, 5 cordoned, which no directory here is.
 */
import { DescribeLogDirs, type DescribeLogDirsRequest, ErrorCode } from '@millrace/protocol'
import { type Log, type LogDirectory, type LogManager, metadataPartition } from '@millrace/storage'
import { defineHandler } from '../handler.ts'

interface PartitionEntry {
  readonly partitionIndex: number
  readonly partitionSize: number
  readonly offsetLag: number
  readonly isFutureKey: boolean
}

/** What a volume of unknown size has. */
const unknownSize = -1

export const describeLogDirsHandler = defineHandler({
  api: DescribeLogDirs,

  async handle(request, _context, { replicas }) {
    const { logs } = replicas
    const results = await Promise.all(
      logs.directories.map(async (directory) => {
        if (!directory.isOnline) return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: directory.path, topics: [] }
        const sizes = await logs.volumeSize(directory.path)
        return {
          errorCode: ErrorCode.NONE,
          logDir: directory.path,
          topics: topicsIn(directory, logs, request),
          totalBytes: sizes?.totalBytes ?? unknownSize,
          usableBytes: sizes?.usableBytes ?? unknownSize,
        }
      }),
    )
    return { errorCode: ErrorCode.NONE, results }
  },
})

function topicsIn({ path }: LogDirectory, logs: LogManager, request: DescribeLogDirsRequest) {
  const wanted =
    request.topics === null
      ? undefined
      : new Map(request.topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
  const topics = new Map<string, PartitionEntry[]>()
  const add = ({ topic, partition, sizeInBytes }: Log, offsetLag: number, isFutureKey: boolean) => {
    if (wanted !== undefined && !wanted.get(topic)?.has(partition)) return
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push({ partitionIndex: partition, partitionSize: sizeInBytes, offsetLag, isFutureKey })
  }
  for (const log of logs.logs()) {
    if (logs.directoryOf(log) === path && log.topic !== metadataPartition.topic) add(log, 0, false)
  }
  for (const { target, directory, offsetLag } of logs.moves()) if (directory === path) add(target, offsetLag, true)
  return Array.from(topics, ([name, partitions]) => ({ name, partitions }))
}
