/** Reads all partitions of topics from their starts to their ends. */
import type { Millrace } from 'millrace'
import type { Ledger, ReadRecord } from './ledger.ts'

const readLimitMs = 60_000

/** What is wrong with what the broker gives to read, in both isolation levels; how many records it gave. */
export async function checkRecords(
  millrace: Millrace,
  ledger: Ledger,
): Promise<{ readonly count: number; readonly goneCount: number; readonly problems: readonly string[] }> {
  const problems: string[] = []
  let [count, goneCount] = [0, 0]
  for (const isolation of ['uncommitted', 'committed'] as const) {
    const found = await readAll(millrace, ledger, isolation)
    for (const [topic, { partitions }] of ledger.topics) {
      for (const partition of partitions.keys()) {
        const read = found.get(`${topic}-${partition}`) ?? []
        count += read.length
        if (isolation === 'uncommitted') goneCount += ledger.goneOf(topic, partition, read)
        problems.push(
          ...ledger.problems(topic, partition, read, isolation === 'committed').map((text) => `${isolation}: ${text}`),
        )
      }
    }
  }
  return { count, goneCount, problems }
}

async function readAll(
  millrace: Millrace,
  ledger: Ledger,
  isolation: 'committed' | 'uncommitted',
): Promise<ReadonlyMap<string, readonly ReadRecord[]>> {
  const all = [...ledger.topics].flatMap(([topic, { partitions }]) =>
    partitions.map((_, partition) => ({ topic, partition })),
  )
  const found = new Map<string, ReadRecord[]>(all.map(({ topic, partition }) => [`${topic}-${partition}`, []]))
  const consumer = millrace.consumer({ isolation, from: 'earliest' })
  const signal = AbortSignal.timeout(readLimitMs)
  consumer.assign(all)
  for await (const { topic, partition, offset, key, value } of consumer.messages({ signal, until: 'end' })) {
    const text = (bytes: unknown) => (bytes === null || bytes === undefined ? null : String(bytes))
    found.get(`${topic}-${partition}`)?.push({ offset, key: text(key), value: text(value) })
  }
  await consumer.close()
  if (signal.aborted) throw new Error(`reading did not come to its end within ${readLimitMs} ms`)
  return found
}
