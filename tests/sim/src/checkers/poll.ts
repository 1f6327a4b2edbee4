/** A read starts where it was asked to, and goes on without a gap: nothing is compacted here, and nothing transactional. */
import type { CheckerKind } from './checker.ts'
import { first } from './one-value-per-offset.ts'
import { type Fetch, OpenOperations } from './operations.ts'

export const poll: CheckerKind = {
  name: 'poll',
  promise: 'Offsets of a read strictly increase and skip nothing.',

  create() {
    const fetches = new OpenOperations<Fetch>()
    return {
      observe(event) {
        switch (event.type) {
          case 'fetch':
            fetches.begin(event)
            return undefined
          case 'fetch-ok': {
            const { partition, offset } = fetches.end(event)
            return contiguous(partition, offset, event.records)
          }
          case 'log-read':
            return contiguous(event.partition, event.startOffset, event.records)
          default:
            return undefined
        }
      },
    }
  },
}

function contiguous(
  partition: number,
  start: number,
  records: readonly { readonly offset: number }[],
): string | undefined {
  return first(records, ({ offset }, index) => {
    const expected = index === 0 ? start : (records[index - 1] as { offset: number }).offset + 1
    if (offset === expected) return undefined
    return `A read of partition ${partition} at ${start} gives offset ${offset} where ${expected} should be`
  })
}
