/** Records as users might send them, drawn from a seed: odd keys, empty and missing values, bytes that are no text, headers. */
import { type Random, randomBelow, seededRandom } from '@millrace/base'

export interface GeneratedRecord {
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [key: string, value: Buffer])[]
  readonly timestamp: number
}

const start = 1_750_000_000_000
const sizes = [1, 3, 17, 200, 1500, 9000]

function bytes(random: Random): Buffer {
  const size = sizes[randomBelow(random, sizes.length)] ?? 1
  // Half of it repeats itself, so that compression has something to do.
  return randomBelow(random, 2) === 0 ? random.bytes(size) : Buffer.alloc(size, random.bytes(7))
}

/** Null in one of `odds` cases, empty in as many. */
function nullable(random: Random, odds: number): Buffer | null {
  const choice = randomBelow(random, odds)
  if (choice === 0) return null
  return choice === 1 ? Buffer.alloc(0) : bytes(random)
}

export function generateRecords(seed: number, count: number, partitionCount: number): GeneratedRecord[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, index) => ({
    partition: randomBelow(random, partitionCount),
    key: nullable(random, 4),
    value: nullable(random, 8),
    headers: Array.from(
      { length: randomBelow(random, 3) },
      (__, place) => [`header ${place} é`, Buffer.from(random.bytes(randomBelow(random, 20)))] as const,
    ),
    timestamp: start + index,
  }))
}

/** As text, to be compared and shown: one line a record. */
export function lineOf(record: GeneratedRecord): string {
  const hex = (each: Buffer | null) => (each === null ? 'null' : `"${each.toString('hex')}"`)
  const headers = record.headers.map(([key, value]) => `${key}=${value.toString('hex')}`).join(',')
  return `${record.partition} ${record.timestamp} ${hex(record.key)} ${hex(record.value)} ${headers}`
}

/** The lines of each partition, in order. */
export function byPartition(records: readonly GeneratedRecord[], partitionCount: number): string[][] {
  return Array.from({ length: partitionCount }, (_, partition) =>
    records.filter((record) => record.partition === partition).map(lineOf),
  )
}
