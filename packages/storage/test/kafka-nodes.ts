/** Every log directory in `vectors/disk`, those of clusters node by node, and what Kafka's own classes read in them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KafkaCase } from './kafka-case.ts'

export interface InspectedBatch {
  readonly baseOffset: number
  readonly [field: string]: unknown
}

export interface InspectedSegment {
  readonly size: number
  /** Runs of NoOp batches of a cluster are `{noOps}` or `{single}`, without further fields. */
  readonly batches: readonly (InspectedBatch | { readonly noOps: unknown } | { readonly single: unknown })[]
  readonly records?: readonly unknown[]
  readonly offsetIndex?: readonly unknown[]
  readonly timeIndex?: readonly unknown[]
  readonly txnIndex?: readonly Record<string, unknown>[]
}

export interface InspectedPartition {
  readonly segments: Readonly<Record<string, InspectedSegment>>
  readonly producerSnapshots?: Readonly<Record<string, { entries: readonly Record<string, unknown>[] }>>
  readonly metadataSnapshots?: Readonly<Record<string, InspectedSegment>>
}

export interface KafkaNode {
  /** Case, and the node in it. */
  readonly name: string
  readonly kafkaCase: string
  readonly partitions: Readonly<Record<string, InspectedPartition>>
  readonly topLevelFiles: Readonly<Record<string, unknown>>
  /** By their path inside of the log directory. */
  files(): Map<string, Buffer>
}

const root = fileURLToPath(new URL('vectors/disk', import.meta.url))

interface Decoded {
  readonly topLevelFiles: Readonly<Record<string, unknown>>
  readonly partitions: Readonly<Record<string, InspectedPartition>>
}

export function kafkaNodes(directory = root): KafkaNode[] {
  return readdirSync(directory)
    .sort()
    .flatMap((kafkaCase) => {
      const found = JSON.parse(readFileSync(join(directory, kafkaCase, 'case.json'), 'utf8')) as KafkaCase
      const sizes = found.shortenedFiles?.sizes ?? {}
      const isSingle = existsSync(join(directory, kafkaCase, 'data'))
      const decoded = isSingle
        ? { data: found.decoded as unknown as Decoded }
        : (found.decoded as unknown as Record<string, Decoded>)
      return Object.entries(decoded).map(([folder, { topLevelFiles, partitions }]) => ({
        name: isSingle ? kafkaCase : `${kafkaCase} ${folder}`,
        kafkaCase,
        partitions,
        topLevelFiles,
        files: () => readFiles(join(directory, kafkaCase, folder), sizes, isSingle ? '' : `${folder}/`),
      }))
    })
}

function readFiles(data: string, sizes: Readonly<Record<string, number>>, prefix: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const full = join(entry.parentPath, entry.name)
    const path = full.slice(data.length + 1).replaceAll('\\', '/')
    const bytes = readFileSync(full)
    // Trailing zeros of preallocated files were left out.
    const size = sizes[prefix + path] ?? bytes.length
    files.set(path, size > bytes.length ? Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]) : bytes)
  }
  return files
}
