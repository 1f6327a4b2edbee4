/**
 * A committed group offset is not lost and does not go back.
 *
 * The group has one member, which commits growing offsets and, whenever it does not know what became of a commit, joins anew
 * before it goes on. A commit of an earlier generation is refused from then on, so what is committed only grows.
 */

import type { CommitEvent, HistoryEvent, OffsetsEvent } from '../history.ts'
import { type CheckerKind, entryOf } from './checker.ts'
import { OpenOperations } from './operations.ts'

type Commit = Extract<CommitEvent, { type: 'commit' }>
type Offsets = Extract<OffsetsEvent, { type: 'offsets' }>

interface Place {
  /** The largest offset whose commit was acknowledged, or which a read has shown; -1 for none. */
  known: number
  /** All that was ever asked to be committed. */
  readonly asked: Set<number>
}

export const groupOffsets: CheckerKind = {
  name: 'group offsets',
  promise: 'A committed group offset is never lost, never invented, and never goes back without a reset.',

  create() {
    const commits = new OpenOperations<Commit>()
    const reads = new OpenOperations<Offsets & { readonly known: ReadonlyMap<number, number> }>()
    const groups = new Map<string, Map<number, Place>>()
    const places = (group: string) => entryOf(groups, group, () => new Map<number, Place>())
    const place = (group: string, partition: number) =>
      entryOf(places(group), partition, (): Place => ({ known: -1, asked: new Set() }))

    const check = (group: string, partition: number, offset: number, known: number): string | undefined => {
      const at = place(group, partition)
      if (offset < known) {
        return `Group ${group} has offset ${offset} for partition ${partition}, below ${known}, which was committed before it was asked`
      }
      if (offset !== -1 && !at.asked.has(offset)) {
        return `Group ${group} has offset ${offset} for partition ${partition}, which nobody committed`
      }
      at.known = Math.max(at.known, offset)
      return undefined
    }

    return {
      observe(event: HistoryEvent) {
        switch (event.type) {
          case 'commit':
            commits.begin(event)
            place(event.group, event.partition).asked.add(event.offset)
            return undefined
          case 'commit-ok': {
            const { group, partition, offset } = commits.end(event)
            const at = place(group, partition)
            at.known = Math.max(at.known, offset)
            return undefined
          }
          case 'offsets': {
            const known = new Map([...places(event.group)].map(([partition, at]) => [partition, at.known]))
            reads.begin({ ...event, known })
            return undefined
          }
          case 'offsets-ok': {
            const { group, known } = reads.end(event)
            for (const [partition, offset] of event.committed) {
              const message = check(group, partition, offset, known.get(partition) ?? -1)
              if (message !== undefined) return message
            }
            return undefined
          }
          default:
            return undefined
        }
      },
    }
  },
}
