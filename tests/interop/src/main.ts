/** `npm run test:interop`: installs what it needs, runs every case, ends with `N passed, N failed`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type BrokerProcess,
  ensurePrograms,
  ensurePython,
  freePort,
  type KafkaJars,
  newKafkaBroker,
  serverProperties,
  updateIndex,
} from '@millrace/peers'
import { kafkaConfigOf, millraceBroker } from './brokers/millrace.ts'
import { brokerSettings } from './brokers/settings.ts'
import { CaseRunner } from './case-runner.ts'
import { runAdminTools } from './cases/admin-tools.ts'
import { dumpCases } from './cases/dump.ts'
import { runFullRows } from './cases/full-rows.ts'
import { runHandOver, type Snapshot, takeSnapshot } from './cases/hand-over.ts'
import { sampleCases } from './cases/sample-rows.ts'
import { takeoverCases } from './cases/takeover.ts'
import { allClients } from './clients/index.ts'
import { ClusterView } from './cluster-view.ts'
import { History } from './history.ts'
import { type Options, parseOptions, usage } from './options.ts'
import { readPackageIndex, readSectionCounts } from './package-index.ts'
import { compareSections, type RecordSet, type SectionCounts } from './record-set.ts'
import { ensureJava, JavaTools } from './tools/java-tools.ts'

const installLimitMs = 600_000
/** Rows that are run for the dump or the hand-over when these alone are asked for. */
const rowsToFind = 6

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

interface Prepared {
  readonly jars: KafkaJars
  readonly pythonLibraries: string
  readonly index: RecordSet
  readonly sections: SectionCounts
}

/** Tools and records, each a case of its own: what cannot be had fails the suite. */
async function prepare(runner: CaseRunner): Promise<Prepared | undefined> {
  let jars: KafkaJars | undefined
  let pythonLibraries: string | undefined
  let index: RecordSet | undefined
  let sections: SectionCounts = new Map()
  const areThere = await runner.run({
    name: 'tools: kcat, Java, Maven and Python are there',
    limitMs: installLimitMs,
    async run() {
      const java = 'openjdk-17-jdk-headless'
      const programs = { kcat: 'kcat', javac: java, java, mvn: 'maven', python3: 'python3', pip3: 'python3-pip' }
      const installed = await ensurePrograms(programs)
      return installed.length === 0 ? undefined : `installed ${installed.join(', ')}`
    },
  })
  if (!areThere) return undefined
  await runner.run({
    name: "tools: Apache Kafka 4.3.1's jars are there, and our classes over them compile",
    limitMs: installLimitMs,
    async run() {
      jars = await ensureJava()
      return undefined
    },
  })
  await runner.run({
    name: 'tools: confluent-kafka for Python is there',
    limitMs: installLimitMs,
    async run() {
      pythonLibraries = await ensurePython()
      return undefined
    },
  })
  await runner.run({
    name: "tools: the package index is there, and its sections add up to apt-cache's",
    limitMs: installLimitMs,
    async run() {
      sections = await readSectionCounts()
      if (sections.size === 0) {
        await updateIndex()
        sections = await readSectionCounts()
      }
      index = await readPackageIndex()
      const problems = compareSections(index.countSections(), sections)
      if (problems.length > 0) throw new Error(problems.join('\n'))
      return `${index.count} stanzas in ${sections.size} sections`
    },
  })
  if (jars === undefined || pythonLibraries === undefined || index === undefined) return undefined
  return { jars, pythonLibraries, index, sections }
}

async function newBroker(options: Options, jars: KafkaJars, dataDirectory: string): Promise<BrokerProcess> {
  const port = await freePort()
  if (options.broker === 'millrace') return millraceBroker(port, dataDirectory)
  return newKafkaBroker(jars, { port, controllerPort: await freePort() }, dataDirectory, brokerSettings)
}

async function runSuite(options: Options, runner: CaseRunner, directory: string): Promise<void> {
  const prepared = await prepare(runner)
  if (prepared === undefined) return print('Nothing else can run without these tools.')
  const { jars, pythonLibraries, index } = prepared
  const broker = await newBroker(options, jars, join(directory, 'data'))
  const isUp = await runner.run({
    name: `${broker.name} starts on a new directory`,
    limitMs: installLimitMs,
    run: async () => `answers after ${Math.round(await broker.start())} ms`,
  })
  if (!isUp) return
  const view = new ClusterView(broker.port)
  const tools = new JavaTools(jars)
  const history = new History()
  const clients = allClients(jars, pythonLibraries)
  const world = { clients, view, address: broker.address, history }
  const sample = index.sample(options.sampleCount)
  try {
    const whole = options.isQuick ? sample : index
    await runFullRows(runner, world, broker, whole, options.isQuick ? sample.countSections() : prepared.sections)
    await runner.runAll(sampleCases(world, sample), options.width)
    await runner.runAll(takeoverCases(world, sample), options.width)
    await runAdminTools(runner, tools, broker)
    if (!runner.selectsAny('dump: ') && !runner.selectsAny('hand-over: ')) return
    // Asked for alone, they need something to find.
    if (history.all.length === 0) await runner.runEach(sampleCases(world, sample).slice(0, rowsToFind), options.width)
    const written = history.all
    if (written.length === 0) return print('No row succeeded: there is nothing to dump and to hand over.')
    let snapshot: Snapshot | undefined
    await runner.run({
      name: `${broker.name} says what it holds, and stops when it is asked to`,
      limitMs: installLimitMs,
      async run() {
        snapshot = await takeSnapshot(tools, broker.address)
        await view.close()
        await broker.stop()
        return undefined
      },
    })
    if (snapshot === undefined) return
    await runner.runAll(dumpCases(tools, broker.dataDirectory, written), 1)
    const configure = (port: number, controllerPort: number) =>
      options.broker === 'millrace'
        ? kafkaConfigOf(broker.dataDirectory, port, controllerPort)
        : Promise.resolve(serverProperties({ port, controllerPort }, broker.dataDirectory, brokerSettings))
    if (!runner.selectsAny('hand-over: ')) return
    await runHandOver(runner, { jars, tools, clients, broker, written, directory, configure }, snapshot)
  } finally {
    await view.close()
    await broker.discard()
    await tools.close()
  }
}

async function main(): Promise<boolean> {
  const options = parseOptions(process.argv.slice(2))
  const runner = new CaseRunner(options.filters, print)
  const directory = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
  const started = performance.now()
  try {
    await runner.guard(() => runSuite(options, runner, directory))
  } finally {
    if (options.keep) print(`Kept ${directory}`)
    else rmSync(directory, { recursive: true, force: true })
  }
  print(`${((performance.now() - started) / 1000).toFixed(0)} s against ${options.broker}`)
  print(`${runner.passed} passed, ${runner.failed} failed`)
  return runner.failed === 0
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    process.stderr.write(`Interrupted by ${signal}\n`)
    process.exit(1)
  })
}
try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
  process.exitCode = 1
}
