/** What was acknowledged is there: seen by every read that begins later, and in the log at the end. */
import { type LogReadEvent, nameOf } from '../history.ts'
import { type CheckerKind, entryOf } from './checker.ts'
import { type Fetch, OpenOperations, type Produce } from './operations.ts'

const offsetOutOfRange = 1

interface Acknowledged {
  /** The end of what was acknowledged with an offset. */
  end: number
  /** Names, in the order in which they were acknowledged. */
  readonly names: string[]
}

type LogReadBegin = Extract<LogReadEvent, { type: 'log-read-begin' }>

export const acknowledged: CheckerKind = {
  name: 'acknowledged records are there',
  promise: 'An acknowledged record is readable at its offset, same bytes, by everyone who asks afterwards.',

  create() {
    const produces = new OpenOperations<Produce>()
    const fetches = new OpenOperations<Fetch & { readonly acknowledgedEnd: number }>()
    const logReads = new OpenOperations<LogReadBegin & { readonly acknowledgedCount: number }>()
    const partitions = new Map<number, Acknowledged>()
    const of = (partition: number) => entryOf(partitions, partition, (): Acknowledged => ({ end: 0, names: [] }))

    return {
      observe(event) {
        switch (event.type) {
          case 'produce':
            produces.begin(event)
            return undefined
          case 'produce-ok': {
            const { partition, records } = produces.end(event)
            const known = of(partition)
            known.names.push(...records.map(nameOf))
            if (event.baseOffset >= 0) known.end = Math.max(known.end, event.baseOffset + records.length)
            return undefined
          }
          case 'fetch':
            fetches.begin({ ...event, acknowledgedEnd: of(event.partition).end })
            return undefined
          case 'fetch-failed': {
            const { partition, offset, acknowledgedEnd } = fetches.end(event)
            if (event.errorCode !== offsetOutOfRange || offset > acknowledgedEnd) return undefined
            return `Partition ${partition} says that offset ${offset} is out of range; acknowledged before: up to ${acknowledgedEnd}`
          }
          case 'fetch-ok': {
            const { partition, offset, acknowledgedEnd } = fetches.end(event)
            if (event.highWatermark < acknowledgedEnd) {
              return `A read of partition ${partition} has high watermark ${event.highWatermark}, below ${acknowledgedEnd}, which was acknowledged before it began`
            }
            const isEmpty = event.records.length === 0 && !event.isCrowded
            if (isEmpty && event.logStartOffset <= offset && offset < acknowledgedEnd) {
              return `A read of partition ${partition} at ${offset} gives nothing, though all up to ${acknowledgedEnd} was acknowledged before it began`
            }
            return undefined
          }
          case 'log-read-begin':
            logReads.begin({ ...event, acknowledgedCount: of(event.partition).names.length })
            return undefined
          case 'log-read': {
            const { partition, acknowledgedCount } = logReads.end(event)
            const present = new Set(event.records.map(nameOf))
            const { names } = of(partition)
            const lost = names.findIndex((name, index) => index < acknowledgedCount && !present.has(name))
            if (lost === -1) return undefined
            return `${names[lost]} was acknowledged, and partition ${partition} does not have it (${event.startOffset} to ${event.endOffset})`
          }
          default:
            return undefined
        }
      },
    }
  },
}
