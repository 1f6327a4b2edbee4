/** Which client produces with which codec for which client: the factors, what cannot meet, and the rows that are run. Pure. */
import { coveringArray, type Row } from './covering-array.ts'

export const clientNames = ['kcat', 'confluent', 'kafkajs', 'platformatic', 'console', 'millrace'] as const
export type ClientName = (typeof clientNames)[number]

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof codecs)[number]

export const factors = {
  producer: clientNames,
  codec: codecs,
  consumer: clientNames,
  groupSize: ['1', '3'],
} as const

export type PlanRow = Row<typeof factors>

/** kafkajs brings gzip alone, and takes zstd from `node:zlib`; for the others it would need a library of somebody else. */
export function isPossible({ producer, codec, consumer }: Omit<PlanRow, 'groupSize'>): boolean {
  const isForeign = codec === 'snappy' || codec === 'lz4'
  return !(isForeign && (producer === 'kafkajs' || consumer === 'kafkajs'))
}

/** Each client produces once and consumes once, each codec is used: these carry the whole index while the broker dies under them. */
export const fullRows: readonly PlanRow[] = [
  { producer: 'kcat', codec: 'lz4', consumer: 'console', groupSize: '3' },
  { producer: 'kafkajs', codec: 'zstd', consumer: 'confluent', groupSize: '1' },
  { producer: 'confluent', codec: 'lz4', consumer: 'millrace', groupSize: '3' },
  { producer: 'platformatic', codec: 'none', consumer: 'kafkajs', groupSize: '3' },
  { producer: 'console', codec: 'snappy', consumer: 'kcat', groupSize: '1' },
  { producer: 'millrace', codec: 'gzip', consumer: 'platformatic', groupSize: '1' },
]

/** All rows: `fullRows`, then those that cover the other pairs, which carry a sample. */
export const rows: readonly PlanRow[] = coveringArray(factors, isPossible, fullRows)

export const sampleRows: readonly PlanRow[] = rows.slice(fullRows.length)

/** A row in words, for the name of a case and (with `separator` `-`) of its topic. */
export function describeRow({ producer, codec, consumer, groupSize }: PlanRow, separator = ' '): string {
  return [producer, codec, 'to', consumer, groupSize].join(separator)
}
