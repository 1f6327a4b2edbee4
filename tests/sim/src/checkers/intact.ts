/** What is read was written by somebody, and came through whole; a producer that does nothing wrong is not refused. */
import { nameOf, type RecordIdentity } from '../history.ts'
import type { CheckerKind } from './checker.ts'
import { first } from './one-value-per-offset.ts'
import { type Fetch, OpenOperations, type Produce } from './operations.ts'

export const intact: CheckerKind = {
  name: 'intact',
  promise: 'Corrupt data is never served; nothing is served that nobody wrote; a correct producer is never refused.',

  create() {
    const produces = new OpenOperations<Produce>()
    const fetches = new OpenOperations<Fetch>()
    const sent = new Map<string, number>()

    const check = (partition: number, record: RecordIdentity & { readonly offset: number }): string | undefined => {
      const checksum = sent.get(`${partition} ${nameOf(record)}`)
      if (checksum === undefined) {
        return `Offset ${record.offset} of partition ${partition} has ${nameOf(record)}, which nobody sent there`
      }
      if (checksum === record.checksum) return undefined
      return `${nameOf(record)} at offset ${record.offset} of partition ${partition} has other bytes than were sent`
    }

    return {
      observe(event) {
        switch (event.type) {
          case 'produce':
            produces.begin(event)
            for (const record of event.records) sent.set(`${event.partition} ${nameOf(record)}`, record.checksum)
            return undefined
          case 'produce-refused': {
            const { partition, records } = produces.end(event)
            const [record] = records
            const name = record === undefined ? 'an empty batch' : nameOf(record)
            return `Partition ${partition} refused ${name}, sent in order, with error ${event.errorCode}: ${event.message}`
          }
          case 'fetch':
            fetches.begin(event)
            return undefined
          case 'fetch-damaged': {
            const { partition, offset } = fetches.end(event)
            return `A read of partition ${partition} at ${offset} gives damaged batches: ${event.reason}`
          }
          case 'fetch-ok': {
            const { partition } = fetches.end(event)
            return first(event.records, (record) => check(partition, record))
          }
          case 'log-read':
            return first(event.records, (record) => check(event.partition, record))
          default:
            return undefined
        }
      },
    }
  },
}
