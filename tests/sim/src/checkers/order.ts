/** The records of an idempotent producer stand in the order in which it sent them, without holes. */
import { nameOf, type ReadRecord } from '../history.ts'
import { type CheckerKind, entryOf } from './checker.ts'
import { first } from './one-value-per-offset.ts'
import { type Fetch, OpenOperations } from './operations.ts'

export const order: CheckerKind = {
  name: 'order',
  promise: 'An idempotent producer does not reorder, and what is in the log has everything in it that was sent before.',

  create() {
    const fetches = new OpenOperations<Fetch>()
    return {
      observe(event) {
        switch (event.type) {
          case 'fetch':
            fetches.begin(event)
            return undefined
          case 'fetch-ok': {
            const { partition } = fetches.end(event)
            return inOrder(partition, event.records, new Map())
          }
          case 'log-read':
            // From the start of the log, every producer begins with its first record, unless that was deleted.
            return inOrder(event.partition, event.records, event.startOffset === 0 ? -1 : new Map())
          default:
            return undefined
        }
      },
    }
  },
}

/** @param before the last record of each producer before these, or the one that all producers have */
function inOrder(
  partition: number,
  records: readonly ReadRecord[],
  before: Map<string, number> | number,
): string | undefined {
  const last = typeof before === 'number' ? new Map<string, number>() : before
  return first(records, (record) => {
    const previous =
      typeof before === 'number' ? entryOf(last, record.producer, () => before) : last.get(record.producer)
    last.set(record.producer, record.index)
    if (previous === undefined || record.index === previous + 1) return undefined
    const fault = record.index <= previous ? 'out of order' : 'after a hole'
    return `${nameOf(record)} at offset ${record.offset} of partition ${partition} is ${fault}: before it is ${record.producer}#${previous}`
  })
}
