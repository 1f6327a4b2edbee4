/** High watermark, last stable offset and log start never go back, and stand in their order. */
import { type CheckerKind, entryOf } from './checker.ts'
import { type Fetch, OpenOperations } from './operations.ts'

interface Marks {
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
}

const names = ['highWatermark', 'lastStableOffset', 'logStartOffset'] as const

export const watermarks: CheckerKind = {
  name: 'watermarks',
  promise: 'High watermark and last stable offset never go back; log start <= LSO <= HW.',

  create() {
    // What was known when a fetch began: answers of fetches that overlap may arrive in any order.
    const fetches = new OpenOperations<Fetch & { readonly known: Marks }>()
    const partitions = new Map<number, Marks>()
    const of = (partition: number) =>
      entryOf(partitions, partition, (): Marks => ({ highWatermark: 0, lastStableOffset: 0, logStartOffset: 0 }))

    return {
      observe(event) {
        if (event.type === 'fetch') {
          fetches.begin({ ...event, known: { ...of(event.partition) } })
          return undefined
        }
        if (event.type !== 'fetch-ok') return undefined
        const { partition, known } = fetches.end(event)
        const now = of(partition)
        for (const name of names) {
          if (event[name] < known[name]) {
            return `The ${name} of partition ${partition} went back from ${known[name]} to ${event[name]}`
          }
          now[name] = Math.max(now[name], event[name])
        }
        if (event.logStartOffset > event.lastStableOffset || event.lastStableOffset > event.highWatermark) {
          return `Partition ${partition} has log start ${event.logStartOffset}, last stable offset ${event.lastStableOffset} and high watermark ${event.highWatermark}`
        }
        const last = event.records.at(-1)
        if (last !== undefined && last.offset >= event.highWatermark) {
          return `A read of partition ${partition} gives offset ${last.offset}, at or above its high watermark ${event.highWatermark}`
        }
        return undefined
      },
    }
  },
}
