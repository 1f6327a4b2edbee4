/** Directories that Apache Kafka 4.3.1 left behind (`vectors/disk`), copied into a memory disk, and what Kafka's own classes read in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@millrace/base'
import { MemoryFileSystem } from '../src/fs/memory.ts'

export interface DecodedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly count: number
  readonly position: number
  readonly size: number
  readonly crc: number
  readonly leaderEpoch: number
  readonly maxTimestamp: number
  readonly isControl: boolean
}

export interface DecodedSegment {
  readonly size: number
  readonly batches: readonly DecodedBatch[]
  readonly records?: readonly [offset: number, timestamp: number, ...unknown[]][]
  readonly offsetIndex?: readonly [offset: number, position: number][]
  readonly timeIndex?: readonly [timestamp: number, offset: number][]
}

export interface DecodedPartition {
  readonly segments: Readonly<Record<string, DecodedSegment>>
  readonly 'leader-epoch-checkpoint'?: string
}

export interface KafkaCase {
  readonly recoveredByKafka?: {
    readonly offsets: Readonly<Record<string, { logStartOffset: number; logEndOffset: number }>>
  }
  readonly shortenedFiles?: { readonly sizes: Readonly<Record<string, number>> }
  readonly decoded: {
    readonly topLevelFiles: Readonly<Record<string, unknown>>
    readonly partitions: Readonly<Record<string, DecodedPartition>>
  }
}

const root = fileURLToPath(new URL('vectors/disk', import.meta.url))

export function kafkaCase(name: string): KafkaCase {
  return JSON.parse(readFileSync(join(root, name, 'case.json'), 'utf8'))
}

/** The files of a case by their path inside of the log directory. */
export function kafkaFiles(name: string): Map<string, Buffer> {
  const data = join(root, name, 'data')
  const files = new Map<string, Buffer>()
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(path.slice(data.length + 1).replaceAll('\\', '/'), readFileSync(path))
  }
  for (const [path, size] of Object.entries(kafkaCase(name).shortenedFiles?.sizes ?? {})) {
    const short = files.get(path)
    if (short !== undefined) files.set(path, Buffer.concat([short, Buffer.alloc(size - short.length)]))
  }
  return files
}

/** A disk that holds the files below `/data`. */
export function diskWith(files: ReadonlyMap<string, Buffer>): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem(systemClock)
  for (const [path, bytes] of files) {
    const full = `/data/${path}`
    fileSystem.disk.makeDirectory(full.slice(0, full.lastIndexOf('/')))
    fileSystem.disk.write(fileSystem.disk.create(full), bytes, 0)
  }
  return fileSystem
}
