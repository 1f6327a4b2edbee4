/** How soon a broker serves after its process starts, and how much memory it takes: idle, with partitions, with connections. */
import { rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { Admin, valuesOf } from '@millrace/admin'
import { sleep, systemClock } from '@millrace/base'
import type { BrokerProcess } from '@millrace/peers'
import { Producer } from '@millrace/producer'
import { runAgent } from '../agent-run.ts'
import { Bench, type Report, type Scenario } from '../bench.ts'
import { agentProgram } from '../clients/programs.ts'
import { contest } from '../contest.ts'
import type { BrokerName } from '../options.ts'
import { residentSizeOf } from '../process-usage.ts'
import { formatMebibytes, formatRatio, significant, type Table } from '../results/table.ts'
import { Stand } from '../stand.ts'
import { medianRatio, summarize } from '../statistics.ts'

const topic = 'first'
/** A client that tries again at once: it must not be what is waited for. */
const eager = { reconnectBackoffMs: 1, reconnectBackoffMaxMs: 3, retryBackoffMs: 1, retryBackoffMaxMs: 3 }
const settleMs = 8000
const quickSettleMs = 2000
const createdAtATime = 100

/** Milliseconds from the start of the process to the first acknowledged record; the broker runs on. */
async function startAndProduce(process: BrokerProcess, isNew: boolean): Promise<number> {
  const startedMs = performance.now()
  const started = process.start()
  started.catch(() => {})
  const admin = new Admin({ brokers: process.address, ...eager })
  const producer = new Producer({ brokers: process.address, lingerMs: 0, ...eager })
  try {
    if (isNew) valuesOf(await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1 }]))
    await producer.send(topic, { value: 'first' })
    const elapsedMs = performance.now() - startedMs
    await started
    return elapsedMs
  } finally {
    await Promise.all([admin.close(), producer.close()])
  }
}

interface Started {
  readonly elapsedMs: number
}

function startTable(title: string, scores: Awaited<ReturnType<typeof contest<Started>>>): Table {
  const base = scores[0]?.samples.map(({ elapsedMs }) => elapsedMs) ?? []
  const rows = scores.map(({ name, samples, failure }) => {
    if (samples.length === 0) return [name, `failed: ${failure?.split('\n')[0]}`]
    const values = samples.map(({ elapsedMs }) => elapsedMs)
    const { median, min, max } = summarize(values)
    const spread = `${min.toFixed(0)} – ${max.toFixed(0)} ms`
    return [name, `${median.toFixed(0)} ms`, spread, formatRatio(medianRatio(values, base))]
  })
  return { title, head: ['broker', 'median', 'min – max', 'as long as Millrace'], rows }
}

const onStart = (bench: Bench) => (name: string, round: number, sample: Started | Error) =>
  bench.print(
    `  ${round + 1} ${name}: ${sample instanceof Error ? sample.message : `${sample.elapsedMs.toFixed(0)} ms`}`,
  )

/** On a new directory each time. */
async function emptyStarts(bench: Bench, names: readonly BrokerName[]) {
  const contenders = names.map((name) => ({
    name,
    async run(): Promise<Started> {
      const process = await bench.newBroker(name)
      try {
        return { elapsedMs: await startAndProduce(process, true) }
      } finally {
        await process.discard()
        rmSync(process.dataDirectory, { recursive: true, force: true })
      }
    },
  }))
  bench.print('start, empty')
  return contest(contenders, bench.options.rounds, onStart(bench))
}

async function createMany(admin: Admin, topicName: string, partitions: number): Promise<void> {
  valuesOf(await admin.createTopics([{ name: topicName, partitions, replicationFactor: 1 }], { timeoutMs: 60_000 }))
}

/** On a directory with many partitions and much data, after a clean stop; one broker at a time, for the disk's sake. */
async function loadedStarts(bench: Bench, names: readonly BrokerName[]) {
  const { isQuick, rounds } = bench.options
  const [partitions, valueSize, count] = isQuick ? [100, 10_000, 20_000] : [1000, 10_000, 1_000_000]
  const clean: Awaited<ReturnType<typeof contest<Started>>> = []
  const killed: Awaited<ReturnType<typeof contest<Started>>> = []
  for (const name of names) {
    const process = await bench.newBroker(name)
    bench.print(`start, ${partitions} partitions and ${(valueSize * count) / 1e9} GB: ${name}`)
    try {
      const stand = await Stand.start(process)
      await createMany(stand.admin, topic, 1)
      await createMany(stand.admin, 'many', partitions)
      const given = { address: stand.address, topic: 'many', partitions, valueSize, count, batchSize: 262_144 }
      await runAgent('fill', agentProgram('fill'), given, stand.pid)
      await stand.admin.close()
      await process.stop()
      const contender = (ending: 'stop' | 'kill') => ({
        name,
        async run(): Promise<Started> {
          const elapsedMs = await startAndProduce(process, false)
          await process[ending]()
          return { elapsedMs }
        },
      })
      clean.push(...(await contest([contender('stop')], rounds, onStart(bench))))
      // The first start after this is still one after a clean stop.
      await contender('kill').run()
      killed.push(...(await contest([contender('kill')], rounds, onStart(bench))))
    } finally {
      await process.discard()
      rmSync(process.dataDirectory, { recursive: true, force: true })
    }
  }
  return { clean, killed, title: `${partitions} partitions and ${(valueSize * count) / 1e9} GB` }
}

interface Memory {
  readonly name: string
  readonly idleSize: number
  readonly partitionSize: number
  readonly connectionSize: number
}

/** ApiVersions v0, correlation id 7, client id `up`. */
const apiVersionsRequest = Buffer.from('0000000c' + '0012' + '0000' + '00000007' + '0002' + '7570', 'hex')

/** A connection that has asked one question and stays. */
function openConnection(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(apiVersionsRequest))
    socket.once('data', () => resolve(socket))
    socket.once('error', reject)
  })
}

async function memoryOf(bench: Bench, name: BrokerName): Promise<Memory | undefined> {
  const stand = await bench.stand(name)
  if (stand === undefined) return undefined
  const settled = async () => {
    await sleep(systemClock, bench.options.isQuick ? quickSettleMs : settleMs)
    return residentSizeOf(stand.pid)
  }
  const count = bench.options.isQuick ? 200 : 1000
  const idleSize = await settled()
  for (let made = 0; made < count; made += createdAtATime) {
    await createMany(stand.admin, `memory-${made}`, createdAtATime)
  }
  const withPartitions = await settled()
  const sockets: Socket[] = []
  for (let made = 0; made < count; made++) sockets.push(await openConnection(stand.process.port))
  const withConnections = await settled()
  for (const socket of sockets) socket.destroy()
  await bench.clear(stand)
  const partitionSize = (withPartitions - idleSize) / count
  const connectionSize = (withConnections - withPartitions) / count
  bench.print(
    `  ${name}: ${formatMebibytes(idleSize)} idle, ${partitionSize} B a partition, ${connectionSize} B a connection`,
  )
  return { name, idleSize, partitionSize, connectionSize }
}

async function run(bench: Bench): Promise<Report> {
  const names = (['millrace', 'kafka'] as const).filter((name) => name === 'millrace' || bench.wants(name))
  const empty = await emptyStarts(bench, names)
  const loaded = await loadedStarts(bench, names)
  bench.print('memory')
  const memories: Memory[] = []
  for (const name of names) {
    const memory = await memoryOf(bench, name)
    if (memory !== undefined) memories.push(memory)
  }
  const kibibytes = (size: number) => `${significant(size / 1024)} KiB`
  const memoryTable = {
    title: 'resident memory',
    head: ['broker', 'idle', 'each further partition', 'each further connection'],
    rows: memories.map(({ name, idleSize, partitionSize, connectionSize }) => {
      return [name, formatMebibytes(idleSize), kibibytes(partitionSize), kibibytes(connectionSize)]
    }),
  }
  return {
    tables: [
      startTable('process start to the first acknowledged record, empty', empty),
      startTable(`process start to the first acknowledged record, after a clean stop, ${loaded.title}`, loaded.clean),
      startTable(`process start to the first acknowledged record, after kill -9, ${loaded.title}`, loaded.killed),
      memoryTable,
    ],
    raw: { empty, loaded, memories },
    notes: [
      'From spawning the process to the answer for the first record, by a client of ours that tries to connect every few milliseconds; on the empty directory it creates the topic, too. Apache Kafka’s directory is formatted before, Millrace formats its own.',
      'The bundled command without npm. Resident memory settles for 8 s before it is read; what grows with garbage collection is in it.',
      ...Bench.failuresOf([...empty, ...loaded.clean, ...loaded.killed]),
    ],
  }
}

export const start: Scenario = {
  name: 'start',
  summary: 'process start to the first acknowledged record, and resident memory, against Apache Kafka',
  goals: 'P6, P7',
  peers: ['kafka'],
  run,
}
