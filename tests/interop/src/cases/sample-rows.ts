/** The rows of the covering array that carry a sample. */
import type { Case } from '../case-runner.ts'
import { Gate } from '../feed.ts'
import { sampleRows } from '../plan.ts'
import type { RecordSet } from '../record-set.ts'
import { Transfer } from '../transfer.ts'
import type { World } from '../world.ts'

const rowLimitMs = 300_000

/**
 * Groups of three are there first and read what is being written; groups of one come when all is written and read from the
 * start of the log.
 */
export function sampleCases(world: World, set: RecordSet): Case[] {
  const sections = set.countSections()
  return sampleRows.map((row) => {
    const transfer = new Transfer({ row, set, sections, ...world })
    return {
      name: `sample: ${transfer.name}`,
      limitMs: rowLimitMs,
      async run() {
        try {
          await transfer.createTopic()
          if (row.groupSize === '3') await transfer.startGroup()
          await transfer.produce(new Gate())
          return await transfer.finish({ redelivery: false })
        } finally {
          await transfer.discard()
        }
      },
    }
  })
}
