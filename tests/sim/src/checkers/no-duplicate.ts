/** A record of an idempotent producer is in its partition once. */
import { nameOf, type ReadRecord } from '../history.ts'
import { type CheckerKind, entryOf } from './checker.ts'
import { first } from './one-value-per-offset.ts'
import { type Fetch, OpenOperations } from './operations.ts'

export const noDuplicate: CheckerKind = {
  name: 'no duplicate',
  promise: 'An idempotent producer does not duplicate.',

  create() {
    const fetches = new OpenOperations<Fetch>()
    const offsets = new Map<string, number>()

    const learn = (partition: number, record: ReadRecord): string | undefined => {
      const earlier = entryOf(offsets, `${partition} ${nameOf(record)}`, () => record.offset)
      if (earlier === record.offset) return undefined
      return `${nameOf(record)} is in partition ${partition} at offset ${earlier} and at offset ${record.offset}`
    }

    return {
      observe(event) {
        switch (event.type) {
          case 'fetch':
            fetches.begin(event)
            return undefined
          case 'fetch-ok': {
            const { partition } = fetches.end(event)
            return first(event.records, (record) => learn(partition, record))
          }
          case 'log-read':
            return first(event.records, (record) => learn(event.partition, record))
          default:
            return undefined
        }
      },
    }
  },
}
