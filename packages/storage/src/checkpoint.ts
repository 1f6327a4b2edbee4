/** Kafka's checkpoint files: version, number of entries, one entry a line (reference 3.6). An empty file has no entries. */
import { StorageError } from './errors.ts'
import type { TopicPartition } from './file-names.ts'

/** Largest checkpoint file that is read: about half a million partitions with long names. */
export const checkpointBytesMax = 128 << 20

/** The files of a log directory that hold one offset per partition. */
export const recoveryPointFileName = 'recovery-point-offset-checkpoint'
export const logStartFileName = 'log-start-offset-checkpoint'
export const highWatermarkFileName = 'replication-offset-checkpoint'
export const cleanerFileName = 'cleaner-offset-checkpoint'

export function encodeCheckpoint(entries: readonly string[]): Buffer {
  return Buffer.from(['0', entries.length, ...entries, ''].join('\n'))
}

/** The entry lines. Throws `invalid-file` for another version, a wrong count or a line that is not there. */
export function decodeCheckpoint(bytes: Buffer, path: string): string[] {
  if (bytes.length === 0) return []
  const lines = bytes.toString().split('\n')
  if (lines.at(-1) === '') lines.pop()
  const [version, count, ...entries] = lines
  if (version !== '0') throw invalid(path, `version ${JSON.stringify(version)} is not 0`)
  if (count === undefined || !/^\d+$/.test(count) || Number(count) !== entries.length) {
    throw invalid(path, `it promises ${count ?? 'no number of'} entries and has ${entries.length}`)
  }
  return entries
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: number
}

export function encodeOffsets(offsets: readonly PartitionOffset[]): Buffer {
  return encodeCheckpoint(offsets.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`))
}

export function decodeOffsets(bytes: Buffer, path: string): PartitionOffset[] {
  return decodeCheckpoint(bytes, path).map((line) => {
    const match = /^(\S+) (\d{1,10}) (\d{1,16})$/.exec(line)
    const offset = Number(match?.[3])
    if (match === null || !Number.isSafeInteger(offset)) throw invalid(path, `this is no entry: ${line.slice(0, 80)}`)
    return { topic: match[1] as string, partition: Number(match[2]), offset }
  })
}

function invalid(path: string, detail: string): StorageError {
  return new StorageError('invalid-file', `checkpoint ${path} is not valid: ${detail}`, { path })
}
