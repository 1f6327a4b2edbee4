/** What a log can be told by a topic's configuration: Kafka's names, defaults and bounds, in one table (reference 5.1). */
import { StorageError } from './errors.ts'

/** "No limit" of Kafka's 64-bit settings, as a number that stays exact. */
export const unlimited = Number.MAX_SAFE_INTEGER

export type TimestampType = 'CreateTime' | 'LogAppendTime'
export type CompressionType = 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer'
export type CleanupPolicy = 'delete' | 'compact'

/** The settings of one log. Sizes are in bytes, times in milliseconds. */
export interface LogConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  /** Size at which an index file is full, and its segment rolled. */
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly maxMessageBytes: number
  readonly messageTimestampType: TimestampType
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly compressionType: CompressionType
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly cleanupPolicy: readonly CleanupPolicy[]
  /** -1: no limit. */
  readonly retentionMs: number
  /** -1: no limit. */
  readonly retentionBytes: number
  /** Share of a compacted log that must be new before it is cleaned, 0 to 1. */
  readonly minCleanableDirtyRatio: number
  /** How long a record stays untouched by compaction at least. */
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  /** How long a tombstone, or the marker of a transaction without records, stays after the first cleaning that met it. */
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
  /** Sync after this many records, whatever the broker's durability; 1 means before every acknowledgement. */
  readonly flushMessages: number
}

interface ConfigRow {
  /** Kafka's name. */
  readonly name: string
  readonly property: keyof LogConfig
  readonly default: LogConfig[keyof LogConfig]
  /** Bounds of a number, inclusive. */
  readonly min?: number
  readonly max?: number
  readonly also?: number
  /** Whether a number may have decimals. */
  readonly isFraction?: boolean
  readonly values?: readonly string[]
}

const int32Max = 0x7fffffff

/** A later row for a property that is given wins over an earlier one. */
export const logConfigTable: readonly ConfigRow[] = [
  { name: 'segment.bytes', property: 'segmentBytes', default: 1 << 30, min: 1 << 20, max: int32Max },
  { name: 'internal.segment.bytes', property: 'segmentBytes', default: 1 << 30, min: 1, max: int32Max },
  { name: 'segment.ms', property: 'segmentMs', default: 604_800_000, min: 1 },
  { name: 'segment.jitter.ms', property: 'segmentJitterMs', default: 0, min: 0 },
  { name: 'segment.index.bytes', property: 'segmentIndexBytes', default: 10_485_760, min: 4, max: int32Max },
  { name: 'index.interval.bytes', property: 'indexIntervalBytes', default: 4096, min: 0, max: int32Max },
  { name: 'max.message.bytes', property: 'maxMessageBytes', default: 1_048_588, min: 0, max: int32Max },
  {
    name: 'message.timestamp.type',
    property: 'messageTimestampType',
    default: 'CreateTime',
    values: ['CreateTime', 'LogAppendTime'],
  },
  { name: 'message.timestamp.before.max.ms', property: 'messageTimestampBeforeMaxMs', default: unlimited, min: 0 },
  { name: 'message.timestamp.after.max.ms', property: 'messageTimestampAfterMaxMs', default: 3_600_000, min: 0 },
  {
    name: 'compression.type',
    property: 'compressionType',
    default: 'producer',
    values: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
  },
  { name: 'compression.gzip.level', property: 'compressionGzipLevel', default: -1, min: 1, max: 9, also: -1 },
  { name: 'compression.lz4.level', property: 'compressionLz4Level', default: 9, min: 1, max: 17 },
  { name: 'compression.zstd.level', property: 'compressionZstdLevel', default: 3, min: -131_072, max: 22 },
  { name: 'cleanup.policy', property: 'cleanupPolicy', default: ['delete'], values: ['delete', 'compact'] },
  { name: 'retention.ms', property: 'retentionMs', default: 604_800_000, min: -1 },
  { name: 'retention.bytes', property: 'retentionBytes', default: -1 },
  {
    name: 'min.cleanable.dirty.ratio',
    property: 'minCleanableDirtyRatio',
    default: 0.5,
    min: 0,
    max: 1,
    isFraction: true,
  },
  { name: 'min.compaction.lag.ms', property: 'minCompactionLagMs', default: 0, min: 0 },
  { name: 'max.compaction.lag.ms', property: 'maxCompactionLagMs', default: unlimited, min: 1 },
  { name: 'delete.retention.ms', property: 'deleteRetentionMs', default: 86_400_000, min: 0 },
  { name: 'file.delete.delay.ms', property: 'fileDeleteDelayMs', default: 60_000, min: 0 },
  { name: 'flush.messages', property: 'flushMessages', default: unlimited, min: 1 },
]

/** Kafka's defaults. */
export const defaultLogConfig: LogConfig = Object.freeze(
  Object.fromEntries(logConfigTable.map((row) => [row.property, row.default])),
) as unknown as LogConfig

/**
 * A log's settings from texts by Kafka's names. Names that concern no log are passed over.
 * Throws `invalid-config` for a value that Kafka refuses.
 */
export function parseLogConfig(
  texts: Readonly<Record<string, string | undefined>>,
  base: LogConfig = defaultLogConfig,
): LogConfig {
  const config: Record<string, unknown> = { ...base }
  for (const row of logConfigTable) {
    const text = texts[row.name]
    if (text !== undefined) config[row.property] = parseValue(row, text)
  }
  return config as unknown as LogConfig
}

function parseValue(row: ConfigRow, text: string): unknown {
  if (row.values === undefined) return parseNumber(row, text)
  if (!Array.isArray(row.default)) {
    if (!row.values.includes(text)) throw invalid(row, text, `it must be one of ${row.values.join(', ')}`)
    return text
  }
  const items = text.split(',').map((item) => item.trim())
  const list = items.length === 1 && items[0] === '' ? [] : items
  const isValid = list.every((item) => row.values?.includes(item)) && new Set(list).size === list.length
  if (!isValid) throw invalid(row, text, `it must be a list of ${row.values.join(', ')}, each once`)
  return list
}

function parseNumber(row: ConfigRow, text: string): number {
  const pattern = row.isFraction ? /^[+-]?(\d{1,19}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/ : /^[+-]?\d{1,19}$/
  const value = pattern.test(text.trim()) ? Math.min(Number(text), unlimited) : Number.NaN
  const { min = -unlimited, max = unlimited } = row
  if (value !== row.also && !(value >= min && value <= max)) {
    throw invalid(row, text, `it must be a number from ${min} to ${max}`)
  }
  return value
}

function invalid(row: ConfigRow, text: string, detail: string): StorageError {
  return new StorageError('invalid-config', `${row.name}=${text.slice(0, 100)} is not valid: ${detail}`)
}
