/** Brokers against each other under the same Java consumer, with the log in the page cache. */
import { Bench, type Report, type Scenario } from '../bench.ts'
import { javaClient } from '../clients/programs.ts'
import { keySize } from '../content.ts'
import { contest } from '../contest.ts'
import { formatCount, formatSize, type Table } from '../results/table.ts'
import { sampleTable } from '../sample.ts'
import type { Stand } from '../stand.ts'
import { fill, readFilled } from './consume.ts'

async function run(bench: Bench): Promise<Report> {
  const { options } = bench
  const [client] = await bench.clients([javaClient], 'consumer')
  if (client === undefined) throw new Error(bench.skipped.join('\n'))
  const names = (['millrace', 'kafka'] as const).filter((name) => name === 'millrace' || bench.wants(name))
  const stands: Stand[] = []
  for (const name of names) {
    const stand = await bench.stand(name)
    if (stand !== undefined) stands.push(stand)
  }
  const tables: Table[] = []
  const raw: unknown[] = []
  const failures: string[] = []
  for (const valueSize of options.recordSizes ?? (options.isQuick ? [100] : [100, 1000])) {
    for (const partitions of options.partitions ?? (options.isQuick ? [1] : [1, 6])) {
      for (const batchSize of options.batchSizes ?? [16_384]) {
        const recordSize = keySize + valueSize
        const totalSize = options.isQuick ? 100e6 : 1e9
        const shape = { partitions, batchSize, valueSize }
        const count = Math.round(totalSize / recordSize)
        const contenders = []
        const topics: { stand: Stand; topic: string }[] = []
        for (const stand of stands) {
          const filled = await fill(bench, stand, { ...shape, count })
          const warmUp = await fill(bench, stand, { ...shape, count: Math.round(count / 5) })
          topics.push({ stand, topic: filled.topic }, { stand, topic: warmUp.topic })
          contenders.push({ name: stand.name, run: () => readFilled(bench, stand, client, filled, warmUp) })
        }
        const what = `${formatCount(count)} records of ${keySize} + ${valueSize} B`
        const title = `${what}, ${partitions} partition${partitions === 1 ? '' : 's'}, batches of ${formatSize(batchSize)}`
        bench.print(title)
        if (!options.isQuick) await contest(contenders, 1, () => {})
        const scores = await contest(contenders, options.rounds, bench.onSample)
        tables.push(
          sampleTable(title, scores, { subject: 'broker', recordSize, reference: 'Millrace', hasBrokerRatio: true }),
        )
        raw.push({ ...shape, count, scores })
        failures.push(...Bench.failuresOf(scores))
        for (const { stand, topic } of topics) await stand.deleteTopic(topic)
      }
    }
  }
  for (const stand of stands) await bench.clear(stand)
  return {
    tables,
    raw,
    notes: [
      'The Java consumer in a group of its own, warmed up on another topic, with its own defaults for sizes but answers of up to 50 MiB; keys and values are read and summed. CPU seconds of the broker are those while the consumer worked, joining included; per GB they are those per million × 1000 / bytes of a record.',
      ...failures,
    ],
  }
}

export const brokerConsume: Scenario = {
  name: 'broker-consume',
  summary: 'Millrace against Apache Kafka, under the same Java consumer',
  goals: 'P2',
  peers: ['kafka'],
  run,
}
