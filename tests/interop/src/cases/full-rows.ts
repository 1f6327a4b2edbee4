/**
 * The rows that carry the whole index, all at the same time, while the broker is killed with -9 in their middle and later
 * restarted: every client produces through both, and every client consumes through both.
 */
import { type BrokerProcess, until } from '@millrace/peers'
import type { CaseRunner } from '../case-runner.ts'
import { Gate } from '../feed.ts'
import { fullRows } from '../plan.ts'
import type { RecordSet, SectionCounts } from '../record-set.ts'
import { Transfer } from '../transfer.ts'
import type { World } from '../world.ts'

const rowLimitMs = 300_000
const disturbanceLimitMs = 240_000
const progressLimitMs = 90_000

class Row {
  readonly transfer: Transfer
  readonly gate: Gate
  readonly #count: number
  isOver = false

  constructor(transfer: Transfer, count: number) {
    this.transfer = transfer
    this.gate = new Gate(0)
    this.#count = count
  }

  open(share: number): void {
    this.gate.open(share === 1 ? Number.POSITIVE_INFINITY : Math.floor(this.#count * share))
  }

  /** Whether this share of the records can be read; a row that failed holds nobody up. */
  async reached(share: number): Promise<boolean> {
    return this.isOver || (await this.transfer.countReadable()) >= this.#count * share
  }
}

export async function runFullRows(
  runner: CaseRunner,
  world: World,
  broker: BrokerProcess,
  set: RecordSet,
  sections: SectionCounts,
): Promise<void> {
  const rows = fullRows.map((row) => new Row(new Transfer({ row, set, sections, ...world }), set.count))
  const selected = rows.filter(({ transfer }) => runner.selects(`whole index: ${transfer.name}`))
  if (selected.length === 0) return
  let readyCount = 0
  const transfers = selected.map((row) =>
    runner.run({
      name: `whole index: ${row.transfer.name}`,
      limitMs: rowLimitMs,
      async run() {
        const { transfer, gate } = row
        try {
          await transfer.createTopic()
          await transfer.startGroup()
          readyCount++
          await transfer.produce(gate)
          return await transfer.finish({ redelivery: true })
        } finally {
          row.isOver = true
          await transfer.discard()
        }
      },
    }),
  )
  const disturbance = runner.run({
    name: 'killed with -9 in the middle of every row, then restarted in the middle of every row',
    limitMs: disturbanceLimitMs,
    run: () => disturb(broker, selected, () => readyCount),
  })
  await Promise.all([...transfers, disturbance])
}

async function disturb(broker: BrokerProcess, rows: readonly Row[], readyCount: () => number): Promise<string> {
  const allReach = (share: number) =>
    until(
      async () => (await Promise.all(rows.map((row) => row.reached(share)))).every(Boolean),
      progressLimitMs,
      () => `Not every row has ${share * 100} % of its records, with ${broker.describe()}`,
    )
  try {
    const areReady = () => rows.filter(({ isOver }) => isOver).length + readyCount() >= rows.length
    await until(areReady, progressLimitMs, () => 'Not every group has its members')
    for (const row of rows) row.open(0.4)
    await allReach(0.3)
    // From here on every producer has records to send, and some are under way when the broker dies.
    for (const row of rows) row.open(0.7)
    await growth(rows)
    await broker.kill()
    const recoveryMs = await broker.start()
    await allReach(0.6)
    for (const row of rows) row.open(0.9)
    await growth(rows)
    await broker.stop()
    const restartMs = await broker.start()
    for (const row of rows) row.open(1)
    return `answers ${Math.round(recoveryMs)} ms after the kill and ${Math.round(restartMs)} ms after the stop`
  } finally {
    for (const row of rows) row.open(1)
  }
}

/** Settles as soon as one more record of any row can be read. */
async function growth(rows: readonly Row[]): Promise<void> {
  const count = async () => {
    const counts = await Promise.all(rows.map(({ isOver, transfer }) => (isOver ? 0 : transfer.countReadable())))
    return counts.reduce((total, each) => total + each, 0)
  }
  const before = await count()
  const hasGrown = async () => rows.every(({ isOver }) => isOver) || (await count()) > before
  await until(hasGrown, progressLimitMs, () => 'No row goes on')
}
