/** Whether what is in a partition is what was sent: values are `partition:number`, numbers from 0 in the order of the calls. */
import { must } from './fault-failure.ts'

/** A record as it was read back. */
export interface ReadRecord {
  readonly offset: number
  /** Offset of the first record of its batch. */
  readonly batchOffset: number
  readonly value: string
}

export function recordValue(partition: number, number: number): string {
  return `${partition}:${number}`
}

function shown(numbers: readonly number[]): string {
  return numbers.length > 200 ? `${numbers.slice(0, 200).join(' ')} ...` : numbers.join(' ')
}

function numbersOf(partition: number, records: readonly ReadRecord[]): number[] {
  return records.map(({ value }) => {
    const [first, second] = value.split(':').map(Number)
    must(first === partition && Number.isInteger(second), () => `partition ${partition} has a record "${value}"`)
    return second as number
  })
}

/** Every record once, in order. */
export function checkExactlyOnce(partition: number, records: readonly ReadRecord[], count: number): void {
  const numbers = numbersOf(partition, records)
  const isRight = numbers.length === count && numbers.every((number, index) => number === index)
  must(
    isRight,
    () => `partition ${partition} should have 0 to ${count - 1}, once and in order; it has ${shown(numbers)}`,
  )
}

function batchesOf(records: readonly ReadRecord[]): ReadRecord[][] {
  const batches = new Map<number, ReadRecord[]>()
  for (const record of records) {
    const batch = batches.get(record.batchOffset)
    if (batch === undefined) batches.set(record.batchOffset, [record])
    else batch.push(record)
  }
  return [...batches.values()]
}

/** Every record at least once. A batch may come again, whole, before the next one begins: that is a retry. */
export function checkAtLeastOnce(partition: number, records: readonly ReadRecord[], count: number): void {
  const batches = batchesOf(records)
  const all = shown(numbersOf(partition, records))
  let end = 0
  let last = ''
  for (const batch of batches) {
    const numbers = numbersOf(partition, batch)
    const text = numbers.join(' ')
    if (text === last) continue
    last = text
    const isNext = numbers.every((number, index) => number === end + index)
    must(isNext, () => `partition ${partition}: ${end} should follow, and the batch ${text} does: ${all}`)
    end += numbers.length
  }
  must(end === count, () => `partition ${partition} should end with ${count - 1}; it has ${all}`)
}

/** Every acknowledgement that named an offset: the record is there. */
export function checkAcknowledged(
  partition: number,
  records: readonly ReadRecord[],
  acknowledged: ReadonlyMap<string, number>,
): void {
  const byOffset = new Map(records.map(({ offset, value }) => [offset, value]))
  for (const [value, offset] of acknowledged) {
    if (offset < 0) continue
    const found = byOffset.get(offset)
    must(found === value, () => `partition ${partition}: "${value}" was acknowledged at ${offset}, where "${found}" is`)
  }
}
