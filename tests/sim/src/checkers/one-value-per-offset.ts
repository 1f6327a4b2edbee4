/** One value per partition and offset, in every read and in every acknowledgement, for ever. */
import { nameOf, type RecordIdentity } from '../history.ts'
import { type CheckerKind, entryOf } from './checker.ts'
import { type Fetch, OpenOperations, type Produce } from './operations.ts'

export const oneValuePerOffset: CheckerKind = {
  name: 'one value per offset',
  promise: 'One value per (partition, offset), in every read.',

  create() {
    const produces = new OpenOperations<Produce>()
    const fetches = new OpenOperations<Fetch>()
    const known = new Map<number, Map<number, RecordIdentity>>()

    const learn = (partition: number, offset: number, record: RecordIdentity): string | undefined => {
      const offsets = entryOf(known, partition, () => new Map<number, RecordIdentity>())
      const earlier = offsets.get(offset)
      if (earlier === undefined) {
        offsets.set(offset, record)
        return undefined
      }
      if (nameOf(earlier) !== nameOf(record)) {
        return `Offset ${offset} of partition ${partition} was ${nameOf(earlier)} and is ${nameOf(record)} now`
      }
      if (earlier.checksum !== record.checksum) {
        return `${nameOf(record)} at offset ${offset} of partition ${partition} has other bytes than before`
      }
      return undefined
    }

    return {
      observe(event) {
        switch (event.type) {
          case 'produce':
            produces.begin(event)
            return undefined
          case 'produce-ok': {
            const { partition, records } = produces.end(event)
            if (event.baseOffset < 0) return undefined
            return first(records, (record, index) => learn(partition, event.baseOffset + index, record))
          }
          case 'fetch':
            fetches.begin(event)
            return undefined
          case 'fetch-ok': {
            const { partition } = fetches.end(event)
            return first(event.records, (record) => learn(partition, record.offset, record))
          }
          case 'log-read':
            return first(event.records, (record) => learn(event.partition, record.offset, record))
          default:
            return undefined
        }
      },
    }
  },
}

/** The first sentence that `check` has for one of the items. */
export function first<T>(
  items: readonly T[],
  check: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const message = check(item, index)
    if (message !== undefined) return message
  }
  return undefined
}
