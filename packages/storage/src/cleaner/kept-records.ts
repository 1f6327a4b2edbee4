/** What a log's directory holds, record by record: to compare two cleaners, or one with a model. For tests. */
import { BatchHeader, openBatch } from '@millrace/protocol'
import { logFileName, parseLogFileName } from '../file-names.ts'
import { type FileSystem, joinPath } from '../fs/port.ts'

export interface KeptRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Key, value and headers as they are stored. */
  readonly content: Buffer
}

export interface KeptBatch {
  readonly segmentOffset: number
  readonly position: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly codec: number
  readonly maxTimestamp: number
  readonly deleteHorizonMs: number | undefined
  /** The whole batch as it is stored. */
  readonly bytes: Buffer
  readonly records: readonly KeptRecord[]
}

const segmentBytesMax = 2 ** 31

/** All batches of the segments, in order. Throws RecordsError when one is damaged. */
export async function readKeptBatches(fileSystem: FileSystem, directory: string): Promise<KeptBatch[]> {
  const files = (await fileSystem.list(directory)).flatMap(({ name }) => parseLogFileName(name) ?? [])
  const batches: KeptBatch[] = []
  for (const { offset, kind, suffix } of files) {
    if (kind !== 'log' || suffix !== '') continue
    const bytes = await fileSystem.readFile(joinPath(directory, logFileName(offset, 'log')), segmentBytesMax)
    for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) batches.push(keptBatch(bytes, at, offset))
  }
  return batches
}

function keptBatch(bytes: Buffer, at: number, segmentOffset: number): KeptBatch {
  const batch = openBatch(bytes, at)
  const { baseOffset, lastOffset, producerId, producerEpoch, baseSequence, isTransactional, isControl } = batch
  const { codec, maxTimestamp, deleteHorizonMs } = batch
  const producer = { producerId, producerEpoch, baseSequence, isTransactional, isControl }
  return {
    segmentOffset,
    position: at,
    baseOffset,
    lastOffset,
    ...producer,
    codec,
    maxTimestamp,
    deleteHorizonMs,
    bytes: bytes.subarray(at, at + batch.size),
    records: batch
      .records()
      .map(({ offset, timestamp, key, value, content }) => ({ offset, timestamp, key, value, content })),
  }
}
