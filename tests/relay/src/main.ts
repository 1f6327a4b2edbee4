/** `npm run test:relay`: see README.md. Ends with `N passed, N failed`. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random, seededRandom } from '@millrace/base'
import { type BrokerProcess, ensureKafkaJars, ensurePrograms, freePort, type KafkaJars, within } from '@millrace/peers'
import { Millrace } from 'millrace'
import { kafkaOver, millraceBroker } from './brokers.ts'
import { cleanOnce, keptRecords, writeDirty } from './cleaning.ts'
import { dumpWithKafka, verifyWithMillrace } from './dump.ts'
import { Facts } from './facts.ts'
import { Ledger } from './ledger.ts'
import { type Options, parseOptions, usage } from './options.ts'
import { checkRecords } from './reader.ts'
import { createTopics, writeAndCut, writeKafkajs, writeOurs } from './writers.ts'

const stepLimitMs = 180_000
const settleLimitMs = 1500

interface World {
  readonly jars: KafkaJars
  readonly directory: string
  readonly ledger: Ledger
  readonly facts: Facts
  readonly random: Random
}

class Steps {
  passed = 0
  failed = 0

  async run(name: string, action: () => Promise<string>): Promise<void> {
    const started = performance.now()
    const seconds = () => `${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s`
    try {
      const note = await within(action(), stepLimitMs, () => `${name}: took too long`)
      this.passed++
      print(`ok   ${seconds()} ${name} (${note})`)
    } catch (error) {
      this.failed++
      print(`FAIL ${seconds()} ${name}\n     ${error instanceof Error ? error.message : error}`)
      throw error
    }
  }
}

const print = (line: string) => void process.stdout.write(`${line}\n`)

/** One broker's time with the directory: it finds what there was, writes more, and ends. */
async function leg(
  steps: Steps,
  { ledger, facts, random }: World,
  broker: BrokerProcess,
  round: number,
  isKilled: boolean,
): Promise<void> {
  const isKafka = broker.name === 'Apache Kafka'
  const label = `${isKafka ? 'k' : 'm'}${round}`
  await steps.run(`${label}: ${broker.name} opens the directory`, async () => `${Math.round(await broker.start())} ms`)
  const millrace = new Millrace({ brokers: broker.address })
  try {
    if (ledger.topics.size === 0) await createTopics(millrace, ledger)
    const check = (when: string) =>
      steps.run(`${label}: ${when}, every record, offset and config is as it was`, async () => {
        const { count, goneCount, problems } = await checkRecords(millrace, ledger)
        const all = [...problems, ...(await facts.problems(millrace))]
        if (all.length > 0) throw new Error(all.slice(0, 20).join('\n     '))
        return `${count} records read, ${goneCount} removed by retention, cleaning and request`
      })
    await check('after the hand-over')
    await steps.run(`${label}: it takes more`, async () => {
      await writeOurs(millrace, ledger, random, label)
      await writeKafkajs(broker.address, ledger, label, isKafka)
      await writeAndCut(millrace, ledger, label)
      await facts.write(millrace, round * 2 + (isKafka ? 1 : 0))
      return `${ledger.count} records acknowledged so far`
    })
    // Cleaning and retention have a turn.
    await new Promise((resolve) => setTimeout(resolve, settleLimitMs))
    await check('with what was written')
  } finally {
    await millrace.close()
  }
  await steps.run(`${label}: ${isKilled ? 'it is killed' : 'it stops'}`, async () => {
    if (isKilled) await broker.kill()
    else await broker.stop()
    if (isKilled && isKafka) ledger.startsMayHaveGoneBack()
    return isKilled ? 'kill -9' : 'SIGTERM'
  })
}

async function relay(options: Options, steps: Steps): Promise<void> {
  await ensurePrograms({ java: 'openjdk-17-jdk-headless', mvn: 'maven' })
  const parent = mkdtempSync(join(tmpdir(), 'millrace-relay-'))
  const directory = join(parent, 'data')
  const jars = await ensureKafkaJars()
  const world = { jars, directory, ledger: new Ledger(), facts: new Facts(), random: seededRandom(options.seed) }
  const [port, kafkaPort, controllerPort] = [await freePort(), await freePort(), await freePort()]
  const ours = millraceBroker(port, directory)
  let theirs: BrokerProcess | undefined
  try {
    for (let round = 1; round <= options.rounds; round++) {
      // Each way of ending is followed by each way of beginning.
      const [isOursKilled, isTheirsKilled] = [round % 2 === 0, round % 4 >= 2]
      await leg(steps, world, ours, round, isOursKilled)
      if (!isOursKilled) await inspect(steps, world, `m${round}`)
      theirs = await kafkaOver(jars, directory, join(parent, 'server.properties'), { port: kafkaPort, controllerPort })
      await leg(steps, world, theirs, round, isTheirsKilled)
    }
    await leg(steps, world, ours, options.rounds + 1, false)
    await inspect(steps, world, `m${options.rounds + 1}`)
    await compareCleanings(steps, world, parent, { port, kafkaPort, controllerPort })
  } finally {
    await ours.discard()
    await theirs?.discard()
    if (options.isKept) print(`the directory is ${directory}`)
    else rmSync(parent, { recursive: true, force: true })
  }
}

/** The same log, cleaned by both: the same records are left. */
async function compareCleanings(
  steps: Steps,
  { jars, random }: World,
  parent: string,
  ports: { readonly port: number; readonly kafkaPort: number; readonly controllerPort: number },
): Promise<void> {
  await steps.run('the same log, cleaned by Millrace and by Apache Kafka, keeps the same records', async () => {
    const [mine, theirs] = [join(parent, 'cleaned-by-millrace'), join(parent, 'cleaned-by-kafka')]
    await writeDirty(millraceBroker(ports.port, mine, [['log.cleaner.enable', 'false']]), random)
    cpSync(mine, theirs, { recursive: true })
    const before = await keptRecords(mine)
    await cleanOnce(millraceBroker(ports.port, mine))
    const properties = join(parent, 'cleaning.properties')
    const { kafkaPort, controllerPort } = ports
    await cleanOnce(await kafkaOver(jars, theirs, properties, { port: kafkaPort, controllerPort }))
    const [ours, kafkas] = [await keptRecords(mine), await keptRecords(theirs)]
    if (ours.length >= before.length / 2) throw new Error(`${ours.length} of ${before.length} records are left`)
    const differing = ours.findIndex((each, place) => each !== kafkas[place])
    if (ours.length !== kafkas.length || differing >= 0) {
      throw new Error(`${ours.length} and ${kafkas.length}; ours ${ours[differing]}, theirs ${kafkas[differing]}`)
    }
    return `${before.length} records, ${ours.length} kept`
  })
}

async function inspect(steps: Steps, { jars, directory }: World, label: string): Promise<void> {
  await steps.run(`${label}: millrace log verify finds nothing`, () => verifyWithMillrace(directory))
  await steps.run(`${label}: Kafka's DumpLogSegments finds nothing`, async () => {
    const { fileCount, problems } = await dumpWithKafka(jars, directory)
    if (problems.length > 0) throw new Error(problems.join('\n     '))
    return `${fileCount} files`
  })
}

const steps = new Steps()
try {
  await relay(parseOptions(process.argv.slice(2)), steps)
} catch (error) {
  if (steps.failed === 0) {
    steps.failed++
    print(`${error instanceof Error ? error.message : error}\n${usage}`)
  }
}
print(`${steps.passed} passed, ${steps.failed} failed`)
process.exitCode = steps.failed === 0 ? 0 : 1
