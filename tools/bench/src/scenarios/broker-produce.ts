/** Brokers against each other, and against one that only acknowledges, under the same Java producer. */
import { runAgent } from '../agent-run.ts'
import { Bench, type Report, type Scenario } from '../bench.ts'
import { javaClient } from '../clients/programs.ts'
import { contest } from '../contest.ts'
import { formatSize, significant, type Table } from '../results/table.ts'
import { type Sample, sampleTable } from '../sample.ts'
import type { Stand } from '../stand.ts'
import { producerArguments } from './produce.ts'

const batchSize = 16_384

const columns = [{ title: 'p99 ms', value: ({ more }: Sample) => more.p99Ms!, format: significant }]

/** The brokers that are wanted and can be had, all running. */
async function stands(bench: Bench, partitions: number): Promise<Stand[]> {
  const names = (['millrace', 'kafka', 'null'] as const).filter((name) => name === 'millrace' || bench.wants(name))
  const found: Stand[] = []
  for (const name of names) {
    const stand = await bench.stand(name, partitions)
    if (stand !== undefined) found.push(stand)
  }
  return found
}

async function run(bench: Bench): Promise<Report> {
  const { options } = bench
  const [client] = await bench.clients([javaClient], 'producer')
  if (client === undefined) throw new Error(bench.skipped.join('\n'))
  const tables: Table[] = []
  const raw: unknown[] = []
  const failures: string[] = []
  for (const partitions of options.partitions ?? (options.isQuick ? [1] : [1, 6])) {
    const brokers = await stands(bench, partitions)
    for (const recordSize of options.recordSizes ?? (options.isQuick ? [100] : [100, 1000])) {
      const values = bench.values(recordSize)
      for (const acks of options.acks ?? (options.isQuick ? (['all'] as const) : (['all', '1'] as const))) {
        for (const batch of options.batchSizes ?? [batchSize]) {
          const settings = { partitions, batchSize: batch, acks, compression: 'none', yieldMs: 0 }
          const contenders = brokers.map((stand) => ({
            name: stand.name,
            async run(): Promise<Sample> {
              const topic = bench.unique('produce')
              const isNull = stand.name === 'null broker'
              if (!isNull) await stand.createTopic(topic, partitions)
              const given = { address: stand.address, topic, ...producerArguments(bench, values, settings) }
              const sample = await runAgent('Java', client.program, given, stand.pid)
              if (!isNull) await stand.deleteTopic(topic)
              return sample
            },
          }))
          const shape = `${formatSize(recordSize)} values, ${partitions} partition${partitions === 1 ? '' : 's'}`
          const title = `${shape}, batches of ${formatSize(batch)}, acks=${acks}`
          bench.print(title)
          if (!options.isQuick) await contest(contenders, 1, () => {})
          const scores = await contest(contenders, options.rounds, bench.onSample)
          const table = { subject: 'broker', recordSize, reference: 'Millrace', hasBrokerRatio: true, columns }
          tables.push(sampleTable(title, scores, table))
          raw.push({ recordSize, ...settings, scores })
          failures.push(...Bench.failuresOf(scores))
        }
      }
    }
    for (const stand of brokers) await bench.clear(stand)
  }
  return {
    tables,
    raw,
    notes: [
      `The Java producer with a callback for each record, warmed up, for ${options.durationMs / 1000} s, durability ${options.durability}. Latency is from send to callback, of a producer whose buffer is full. The null broker receives, acknowledges and forgets: it says what the client alone can do here.`,
      'All brokers run all the time; one round without a result goes before the others.',
      ...failures,
    ],
  }
}

export const brokerProduce: Scenario = {
  name: 'broker-produce',
  summary: 'Millrace against Apache Kafka and a broker that stores nothing, under the same Java producer',
  goals: 'P1, P10',
  peers: ['kafka', 'null'],
  run,
}
