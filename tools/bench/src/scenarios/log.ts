/** What a broker does with a log that it has: finding a place in it by offset and by time, and cleaning it while it is written. */
import { valuesOf } from '@millrace/admin'
import { type Random, randomBelow, seededRandom, sleep, systemClock } from '@millrace/base'
import { Cluster } from '@millrace/client'
import { Producer } from '@millrace/producer'
import { Fetch } from '@millrace/protocol'
import { runAgent } from '../agent-run.ts'
import type { Bench, Report, Scenario } from '../bench.ts'
import { agentProgram } from '../clients/programs.ts'
import type { BrokerName } from '../options.ts'
import { cpuSecondsOf } from '../process-usage.ts'
import { formatCount, formatMebibytes, significant, type Table } from '../results/table.ts'
import type { Stand } from '../stand.ts'
import { quantile } from '../statistics.ts'

const valueSize = 10_000
const recordSize = 1000
/** What is written one at a time beside a cleaning. */
const probeTopic = 'probe'
const cleanLimitMs = 300_000
/** Less than this part of what it was: it was cleaned. */
const cleanedPart = 0.6

interface Latencies {
  readonly p50Ms: number
  readonly p99Ms: number
}

function latenciesOf(values: readonly number[]): Latencies {
  const sorted = values.toSorted((a, b) => a - b)
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) }
}

async function timed(count: number, action: () => Promise<unknown>): Promise<Latencies> {
  const values: number[] = []
  for (let index = 0; index < count; index++) {
    const startedMs = performance.now()
    await action()
    values.push(performance.now() - startedMs)
  }
  return latenciesOf(values)
}

interface Seeks {
  readonly name: string
  readonly byOffset: Latencies
  readonly byTime: Latencies
}

/** One request at a time, to random places of one large partition. */
async function seeksOf(bench: Bench, stand: Stand, totalSize: number): Promise<Seeks> {
  const [topic, count] = ['seek', Math.floor(totalSize / valueSize)]
  await stand.createTopic(topic, 1)
  const begunMs = Date.now()
  const given = { address: stand.address, topic, partitions: 1, valueSize, count, batchSize: 65_536 }
  await runAgent('fill', agentProgram('fill'), given, stand.pid)
  const durationMs = Date.now() - begunMs
  const random = seededRandom(1)
  const cluster = new Cluster({ brokers: stand.address })
  const seekCount = bench.options.isQuick ? 200 : 2000
  const place = { topic, partition: 0 }
  const atTime = () => {
    const timestamp = begunMs + randomBelow(random, durationMs)
    return stand.admin.listOffsets([{ ...place, at: { timestamp } }]).then(valuesOf)
  }
  const atOffset = () => fetchOne(cluster, topic, randomBelow(random, count))
  await cluster.metadata([topic])
  await timed(seekCount / 4, atOffset)
  await timed(seekCount / 4, atTime)
  const byOffset = await timed(seekCount, atOffset)
  const byTime = await timed(seekCount, atTime)
  await cluster.close()
  await stand.deleteTopic(topic)
  return { name: stand.name, byOffset, byTime }
}

async function fetchOne(cluster: Cluster, topic: string, fetchOffset: number): Promise<void> {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 }]
  const body = { maxWaitMs: 1000, minBytes: 1, maxBytes: 1, topics: [{ topic, partitions }] }
  const node = cluster.leaderOf(topic, 0) ?? -1
  const { responses } = await cluster.send(Fetch, body, { node, versions: { max: 12 } })
  const records = responses[0]?.partitions[0]?.records
  if (records === null || records === undefined) throw new Error(`nothing was fetched at ${fetchOffset}`)
}

interface Cleaning {
  readonly name: string
  readonly size: number
  readonly elapsedMs: number
  readonly brokerCpuSeconds: number
  readonly before: Latencies
  readonly during: Latencies
}

/** Fills a compacted topic, then lets it be cleaned while another topic is written one record at a time. */
async function cleaningOf(bench: Bench, stand: Stand, totalSize: number): Promise<Cleaning> {
  const topic = 'state'
  const configs = { 'cleanup.policy': 'compact', 'segment.bytes': `${64 << 20}`, 'min.cleanable.dirty.ratio': '1' }
  valuesOf(await stand.admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs }]))
  await stand.createTopic(probeTopic, 1)
  await alter(stand, { type: 'broker', name: '' }, { 'log.cleaner.backoff.ms': '100' })
  await fillWithKeys(stand.address, topic, Math.floor(totalSize / recordSize), seededRandom(2))
  const size = await sizeOf(stand, topic)
  const producer = new Producer({ brokers: stand.address, lingerMs: 0 })
  const write = () => producer.send(probeTopic, { value: Buffer.alloc(100) })
  await timed(bench.options.isQuick ? 200 : 1000, write)
  const before = await timed(bench.options.isQuick ? 500 : 5000, write)
  const cpuBefore = cpuSecondsOf(stand.pid)
  const startedMs = performance.now()
  await alter(stand, { type: 'topic', name: topic }, { 'min.cleanable.dirty.ratio': '0.01' })
  const values: number[] = []
  let elapsedMs = 0
  for (let next = startedMs + 500; elapsedMs === 0; ) {
    const begunMs = performance.now()
    await write()
    values.push(performance.now() - begunMs)
    if (begunMs < next) continue
    next = begunMs + 500
    if ((await sizeOf(stand, topic)) < size * cleanedPart) elapsedMs = performance.now() - startedMs
    if (begunMs - startedMs > cleanLimitMs) throw new Error(`${stand.name} did not clean within ${cleanLimitMs} ms`)
  }
  const brokerCpuSeconds = cpuSecondsOf(stand.pid) - cpuBefore
  await producer.close()
  for (const name of [topic, probeTopic]) await stand.deleteTopic(name)
  return { name: stand.name, size, elapsedMs, brokerCpuSeconds, before, during: latenciesOf(values) }
}

type Resource = { readonly type: 'topic' | 'broker'; readonly name: string }

async function alter({ admin }: Stand, resource: Resource, configs: Readonly<Record<string, string>>): Promise<void> {
  valuesOf(await admin.alterConfigs([{ ...resource, configs }]))
}

async function sizeOf({ admin }: Stand, topic: string): Promise<number> {
  let size = 0
  for (const directories of (await admin.describeLogDirs()).values()) {
    for (const result of directories) {
      if (!result.ok) throw result.error
      for (const each of result.value.partitions) if (each.topic === topic) size += each.size
    }
  }
  return size
}

/** A tenth as many keys as records, in any order. */
async function fillWithKeys(address: string, topic: string, count: number, random: Random): Promise<void> {
  const producer = new Producer({ brokers: address, batchSizeMax: 65_536 })
  const keyCount = Math.max(1, Math.floor(count / 10))
  for (let index = 0; index < count; index++) {
    const value = Buffer.alloc(recordSize - 20, index)
    if (!producer.enqueue(topic, { key: `key ${randomBelow(random, keyCount)}`, value })) await producer.ready()
  }
  await producer.flush()
  await producer.close()
}

function seekTable(seeks: readonly Seeks[], totalSize: number): Table {
  const ms = ({ p50Ms, p99Ms }: Latencies) => [significant(p50Ms), significant(p99Ms)]
  return {
    title: `one request at a time to random places of ${totalSize / 1e9} GB in one partition, ms`,
    head: ['broker', 'by offset p50', 'p99', 'by time p50', 'p99'],
    rows: seeks.map(({ name, byOffset, byTime }) => [name, ...ms(byOffset), ...ms(byTime)]),
  }
}

function cleaningTable(cleanings: readonly Cleaning[]): Table {
  return {
    title: 'cleaning a compacted partition with ten records for each key, while another is written',
    head: ['broker', 'size', 'time', 'bytes/s', 'broker CPU', 'write p50 before, during', 'write p99 before, during'],
    rows: cleanings.map(({ name, size, elapsedMs, brokerCpuSeconds, before, during }) => [
      name,
      formatMebibytes(size),
      `${significant(elapsedMs / 1000)} s`,
      formatCount(size / (elapsedMs / 1000)),
      `${significant(brokerCpuSeconds)} s`,
      `${significant(before.p50Ms)}, ${significant(during.p50Ms)} ms`,
      `${significant(before.p99Ms)}, ${significant(during.p99Ms)} ms`,
    ]),
  }
}

async function run(bench: Bench): Promise<Report> {
  const { isQuick } = bench.options
  const [seekSize, cleanSize] = isQuick ? [200e6, 100e6] : [10e9, 1e9]
  const seeks: Seeks[] = []
  const cleanings: Cleaning[] = []
  const names: readonly BrokerName[] = ['millrace', 'kafka']
  for (const name of names.filter((each) => each === 'millrace' || bench.wants(each))) {
    const stand = await bench.stand(name)
    if (stand === undefined) continue
    bench.print(`cleaning: ${name}`)
    cleanings.push(await cleaningOf(bench, stand, cleanSize))
    bench.print(`seeking: ${name}`)
    seeks.push(await seeksOf(bench, stand, seekSize))
    await sleep(systemClock, 2000)
    await bench.clear(stand)
  }
  return {
    tables: [seekTable(seeks, seekSize), cleaningTable(cleanings)],
    raw: { seeks, cleanings },
    notes: [
      `One run each, durability ${bench.options.durability}. Seeking is a Fetch of one batch, or a ListOffsets, by a client of ours. A cleaning is over when the log is less than ${cleanedPart * 100} % of its size: for Apache Kafka, which puts group after group in place, that is before it is done.`,
      'Writes beside the cleaning are one at a time, acks=all, to another partition.',
    ],
  }
}

export const log: Scenario = {
  name: 'log',
  summary: 'finding offsets and times in a large log, and cleaning a compacted one, against Apache Kafka',
  goals: 'P8 in part',
  peers: ['kafka'],
  run,
}
