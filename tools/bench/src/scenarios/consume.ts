/** Consumers against each other, on each broker: the same topic, read from its beginning in a group, every key and value looked at. */
import { runAgent } from '../agent-run.ts'
import { Bench, type Report, type Scenario } from '../bench.ts'
import { agentProgram, consumers } from '../clients/programs.ts'
import { keySize } from '../content.ts'
import { contest } from '../contest.ts'
import { formatCount, formatSize, type Table } from '../results/table.ts'
import { type Sample, sampleTable } from '../sample.ts'
import type { Stand } from '../stand.ts'

export const fetchSize = 50 << 20
export const partitionFetchSize = 1 << 20

export interface Filled {
  readonly topic: string
  readonly count: number
  /** Of all records; see content.ts. */
  readonly sum: number
}

/** A topic of records that can be checked. */
export async function fill(
  bench: Bench,
  stand: Stand,
  shape: {
    readonly count: number
    readonly partitions: number
    readonly batchSize: number
    readonly valueSize: number
  },
): Promise<Filled> {
  const topic = bench.unique('filled')
  await stand.createTopic(topic, shape.partitions)
  const given = { address: stand.address, topic, ...shape }
  const { count, more } = await runAgent('fill', agentProgram('fill'), given, stand.pid)
  return { topic, count, sum: more.sum! }
}

/** A consumer's run, checked against what the topic has. */
export async function readFilled(
  bench: Bench,
  stand: Stand,
  { client, program }: Awaited<ReturnType<Bench['clients']>>[number],
  filled: Filled,
  warmUp: Filled,
): Promise<Sample> {
  const given = {
    address: stand.address,
    topic: filled.topic,
    count: filled.count,
    warmUpTopic: warmUp.topic,
    warmUpCount: warmUp.count,
    group: bench.unique('group'),
    fetchSize,
    partitionFetchSize,
  }
  const sample = await runAgent(client.name, program, given, stand.pid)
  if (sample.count !== filled.count || sample.more.sum !== filled.sum) {
    const what = `${sample.count} records with the sum ${sample.more.sum}`
    throw new Error(`read ${what}, where ${filled.count} with the sum ${filled.sum} are written`)
  }
  const { sum: _, ...more } = sample.more
  return { ...sample, more }
}

async function runOn(bench: Bench, stand: Stand): Promise<{ table: Table; raw: unknown; failures: string[] }[]> {
  const { options } = bench
  const clients = await bench.clients(consumers, 'consumer')
  const results: { table: Table; raw: unknown; failures: string[] }[] = []
  const [count, warmUpCount] = options.isQuick ? [500_000, 200_000] : [5_000_000, 1_000_000]
  for (const valueSize of options.recordSizes ?? [100]) {
    for (const partitions of options.partitions ?? [1]) {
      for (const batchSize of options.batchSizes ?? (options.isQuick ? [16_384] : [16_384, 262_144])) {
        const shape = { partitions, batchSize, valueSize }
        const filled = await fill(bench, stand, { ...shape, count })
        const warmUp = await fill(bench, stand, { ...shape, count: warmUpCount })
        const what = `${formatCount(count)} records of ${keySize} + ${valueSize} B`
        const where = `${partitions} partition${partitions === 1 ? '' : 's'}, batches of ${formatSize(batchSize)}`
        const title = `on ${stand.name}: ${what}, ${where}`
        bench.print(title)
        const contenders = clients.map((each) => ({
          name: each.client.name,
          run: () => readFilled(bench, stand, each, filled, warmUp),
        }))
        // For the broker: clients warm up by themselves.
        if (!options.isQuick) await contest(contenders.slice(0, 1), 1, () => {})
        const scores = await contest(contenders, options.rounds, bench.onSample)
        const [reference] = clients
        const columns = [
          { title: 'join ms', value: ({ more }: Sample) => more.joinMs!, format: (ms: number) => ms.toFixed(0) },
        ]
        const recordSize = keySize + valueSize
        const table = sampleTable(title, scores, {
          subject: 'consumer',
          recordSize,
          reference: reference!.client.name,
          columns,
        })
        results.push({ table, raw: { on: stand.name, ...shape, scores }, failures: Bench.failuresOf(scores) })
        for (const { topic } of [filled, warmUp]) await stand.deleteTopic(topic)
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
  return {
    tables: all.map(({ table }) => table),
    raw: all.map(({ raw }) => raw),
    notes: [
      'Each consumer in a process of its own and alone in a group of its own, warmed up on another topic. Records per second from the first record on; the time until then (joining, finding, the first answer) is `join ms`. Answers of up to 50 MiB with up to 1 MiB of each partition, no commits.',
      'Both ends of every key and value are read and summed; the sum must be what was written. CRCs are verified, except by kafkajs and @platformatic/kafka, which cannot.',
      ...all.flatMap(({ failures }) => failures),
    ],
  }
}

export const consume: Scenario = {
  name: 'consume',
  summary: 'our consumer against kafkajs, @platformatic/kafka, Java and librdkafka, on Millrace and on Apache Kafka',
  goals: 'P4',
  peers: ['kafkajs', 'platformatic', 'java', 'librdkafka'],
  run,
}
