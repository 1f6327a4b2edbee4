/** Producers against each other, on each broker: the same records, batches, linger, acks and buffer. */
import { runAgent } from '../agent-run.ts'
import { Bench, type Report, type Scenario } from '../bench.ts'
import { producers } from '../clients/programs.ts'
import { contest } from '../contest.ts'
import { formatMebibytes, formatSize, type Table } from '../results/table.ts'
import { type Sample, sampleTable } from '../sample.ts'
import type { Stand } from '../stand.ts'

export const lingerMs = 5
export const bufferSize = 32 << 20
/** Compilers are done with the hot paths by then. */
export const warmUpMs = 2000
const quickWarmUpMs = 1500

export interface ProduceSettings {
  readonly partitions: number
  readonly batchSize: number
  readonly acks: string
  readonly compression: string
  readonly yieldMs: number
}

/** Arguments of every producing agent. */
export function producerArguments(
  { options }: Bench,
  values: string,
  { partitions, batchSize, acks, compression, yieldMs }: ProduceSettings,
) {
  const common = { values, partitions, batchSize, acks, compression, yieldMs, lingerMs, bufferSize }
  return { ...common, warmUpMs: options.isQuick ? quickWarmUpMs : warmUpMs, durationMs: options.durationMs }
}

async function runOn(bench: Bench, stand: Stand): Promise<{ table: Table; raw: unknown; failures: string[] }[]> {
  const { options } = bench
  const clients = await bench.clients(producers, 'producer')
  const results: { table: Table; raw: unknown; failures: string[] }[] = []
  for (const recordSize of options.recordSizes ?? [100]) {
    const values = bench.values(recordSize)
    for (const partitions of options.partitions ?? [1]) {
      for (const batchSize of options.batchSizes ?? (options.isQuick ? [262_144] : [16_384, 262_144])) {
        for (const acks of options.acks ?? ['all']) {
          const settings = { partitions, batchSize, acks, compression: 'none', yieldMs: 0 }
          const shape = `${formatSize(recordSize)} values, ${partitions} partition${partitions === 1 ? '' : 's'}`
          const title = `on ${stand.name}: ${shape}, batches of ${formatSize(batchSize)}, acks=${acks}`
          bench.print(title)
          const contenders = clients.map(({ client, program }) => ({
            name: client.name,
            async run(): Promise<Sample> {
              const topic = bench.unique('produce')
              await stand.createTopic(topic, partitions)
              const given = { address: stand.address, topic, ...producerArguments(bench, values, settings) }
              const sample = await runAgent(client.name, program, given, stand.pid)
              const expected = sample.count + sample.more.warmUpCount!
              const stored = await stand.recordCount(topic, partitions)
              if (stored !== expected) throw new Error(`${expected} records are acknowledged, ${stored} are there`)
              await stand.deleteTopic(topic)
              return sample
            },
          }))
          // For the broker: clients warm up by themselves.
          if (!options.isQuick) await contest(contenders.slice(0, 1), 1, () => {})
          const scores = await contest(contenders, options.rounds, bench.onSample)
          const table = sampleTable(title, scores, {
            subject: 'producer',
            recordSize,
            reference: clients[0]!.client.name,
          })
          results.push({
            table,
            raw: { on: stand.name, recordSize, ...settings, scores },
            failures: Bench.failuresOf(scores),
          })
        }
      }
    }
  }
  return results
}

async function run(bench: Bench): Promise<Report> {
  const all: Awaited<ReturnType<typeof runOn>> = []
  for (const name of bench.options.on) {
    const stand = await bench.stand(name)
    if (stand === undefined) continue
    all.push(...(await runOn(bench, stand)))
    await bench.clear(stand)
  }
  const { durationMs } = bench.options
  return {
    tables: all.map(({ table }) => table),
    raw: all.map(({ raw }) => raw),
    notes: [
      `Each producer in a process of its own: it warms up, then sends for ${durationMs / 1000} s as fast as it is let and waits for the last acknowledgement. Linger ${lingerMs} ms, a buffer of ${formatMebibytes(bufferSize)}, no compression, durability ${bench.options.durability}; every count is compared with the offsets of the log.`,
      'kafkajs and @platformatic/kafka make no batches of their own: they get arrays of as many records as a batch holds for each partition, five calls at a time, and are not idempotent (their default); all others are, where acks is all.',
      ...all.flatMap(({ failures }) => failures),
    ],
  }
}

export const produce: Scenario = {
  name: 'produce',
  summary: 'our producer against kafkajs, @platformatic/kafka, Java and librdkafka, on Millrace and on Apache Kafka',
  goals: 'P3',
  peers: ['kafkajs', 'platformatic', 'java', 'librdkafka'],
  run,
}
