/** Compression: how small, how fast, and how long it holds up the event loop; producers against each other on Millrace. */

import { type Random, randomBelow } from '@millrace/base'
import { runAgent } from '../agent-run.ts'
import { Bench, type Report, type Scenario } from '../bench.ts'
import { producers } from '../clients/programs.ts'
import { contest } from '../contest.ts'
import { formatRatio, formatSize, significant, type Table } from '../results/table.ts'
import { clientCpuOf, type Sample, sampleTable } from '../sample.ts'
import type { Stand } from '../stand.ts'
import { summarize } from '../statistics.ts'
import { producerArguments } from './produce.ts'

/** So many that none comes twice within what any codec looks back on. */
const eventCount = 40_000

const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const words = [
  'checkout',
  'payment',
  'shipped',
  'returned',
  'customer',
  'warehouse',
  'basket',
  'invoice',
  'courier',
  'discount',
]

/** An event as services send them: names that repeat, numbers and identifiers that do not. */
function eventLine(random: Random, size: number): string {
  const word = () => words[randomBelow(random, words.length)]
  const number = () => randomBelow(random, 1e9)
  const id = () => random.bytes(8).toString('hex')
  const items: string[] = []
  const line = () =>
    `{"type":"${word()}","id":"${id()}","time":"2026-01-0${1 + randomBelow(random, 9)}T10:${10 + randomBelow(random, 50)}:00Z","items":[${items.join(',')}]}`
  while (line().length < size)
    items.push(`{"sku":"${word()}-${number() % 1000}","count":${1 + (number() % 9)},"price":${number() % 10_000}}`)
  return line()
}

async function logSize(stand: Stand, topic: string): Promise<number> {
  let size = 0
  for (const result of [...(await stand.admin.describeLogDirs()).values()].flat()) {
    if (!result.ok) throw result.error
    for (const partition of result.value.partitions) if (partition.topic === topic) size += partition.size
  }
  return size
}

async function run(bench: Bench): Promise<Report> {
  const { options } = bench
  const [recordSize] = options.recordSizes ?? [500]
  const [batchSize] = options.batchSizes ?? [262_144]
  const values = bench.values(recordSize!, eventLine, eventCount)
  const stand = await bench.stand('millrace')
  if (stand === undefined) throw new Error('No broker')
  // One record a promise is measured elsewhere, and librdkafka's codecs are Java's.
  const all = await bench.clients(
    producers.filter(({ name, peer }) => name !== 'Millrace send' && peer !== 'librdkafka'),
    'producer',
  )
  const tables: Table[] = []
  const raw: unknown[] = []
  const failures: string[] = []
  const sizes: string[][] = []
  for (const compression of codecs) {
    const title = `${compression}: values of ${formatSize(recordSize!)}, batches of ${formatSize(batchSize!)}, acks=all`
    bench.print(title)
    // kafkajs has gzip, and zstd through Node; for the others it needs further packages.
    const clients = all.filter(
      ({ client }) => client.peer !== 'kafkajs' || compression === 'gzip' || compression === 'zstd',
    )
    const settings = { partitions: 1, batchSize: batchSize!, acks: 'all', compression, yieldMs: 1 }
    const contenders = clients.map(({ client, program }) => ({
      name: client.name,
      async run(): Promise<Sample> {
        const topic = bench.unique('compressed')
        await stand.createTopic(topic, 1)
        const given = { address: stand.address, topic, ...producerArguments(bench, values, settings) }
        const sample = await runAgent(client.name, program, given, stand.pid)
        const size = await logSize(stand, topic)
        const recordCount = await stand.recordCount(topic, 1)
        await stand.deleteTopic(topic)
        return { ...sample, more: { ...sample.more, sizePerRecord: size / recordCount } }
      },
    }))
    const scores = await contest(contenders, options.rounds, bench.onSample)
    const columns = [
      { title: 'bytes a record', value: ({ more }: Sample) => more.sizePerRecord!, format: significant },
      {
        title: 'loop blocked ms',
        value: ({ more }: Sample) => more.blockedMs ?? Number.NaN,
        format: (ms: number) => (Number.isNaN(ms) ? '' : ms.toFixed(1)),
      },
    ]
    const reference = clients[0]!.client.name
    tables.push(sampleTable(title, scores, { subject: 'producer', recordSize: recordSize!, reference, columns }))
    raw.push({ ...settings, recordSize, scores })
    failures.push(...Bench.failuresOf(scores))
    const sizeOf = (name: string) => {
      const samples = scores.find((score) => score.name === name)?.samples ?? []
      return samples.length === 0 ? undefined : summarize(samples.map(({ more }) => more.sizePerRecord!)).median
    }
    const [ours, java] = [sizeOf(reference), sizeOf('Java')]
    const cpu = summarize(scores[0]?.samples.map(clientCpuOf) ?? [Number.NaN]).median
    sizes.push([
      compression,
      ours === undefined ? '' : significant(ours),
      java === undefined ? '' : significant(java),
      ours === undefined || java === undefined ? '' : formatRatio(ours / java),
      significant(cpu),
    ])
  }
  await bench.clear(stand)
  const head = ['codec', 'Millrace, bytes a record', 'Java', 'Millrace takes', 'client CPU s/M']
  return {
    tables: [{ title: 'sizes against Java’s', head, rows: sizes }, ...tables],
    raw,
    notes: [
      'Values are JSON events; the size is that of the log, headers of batches included, over the records in it. Levels are each library’s defaults, batches are of the same size before compression, except for Java, which estimates what a batch takes compressed and fills it further.',
      'Producers in JavaScript that take records one at a time give the event loop a turn every millisecond; `loop blocked` is the longest time between two turns, garbage collection included, as `monitorEventLoopDelay` sees it.',
      ...failures,
    ],
  }
}

export const codecsScenario: Scenario = {
  name: 'codecs',
  summary: 'sizes, speed and the longest pause of the event loop with gzip, snappy, lz4 and zstd',
  goals: 'P11',
  peers: ['kafkajs', 'platformatic', 'java'],
  run,
}
