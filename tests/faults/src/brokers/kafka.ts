/** Apache Kafka 4.3.1, as a process. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address } from '@millrace/network'
import {
  type BrokerProcess,
  ensureKafkaJars,
  freePort,
  type KafkaJars,
  type KafkaSettings,
  kafkaBroker,
  newKafkaBroker,
} from '@millrace/peers'
import { type BrokerKind, brokerSettings, type TestBroker } from './broker.ts'

/** Besides those of all brokers: deleted topics go soon, for there are many; and so are their segments and indexes small. */
const settings: KafkaSettings = [
  ...brokerSettings,
  ['log.segment.bytes', '1048576'],
  ['log.segment.delete.delay.ms', '1000'],
  ['log.index.size.max.bytes', '65536'],
]

class KafkaBroker implements TestBroker {
  readonly #jars: KafkaJars
  readonly #directory: string
  #process: BrokerProcess

  constructor(jars: KafkaJars, directory: string, process: BrokerProcess) {
    this.#jars = jars
    this.#directory = directory
    this.#process = process
  }

  get address(): Address {
    return { host: '127.0.0.1', port: this.#process.port }
  }

  async restart(): Promise<void> {
    await this.#process.stop()
    await this.#process.start()
  }

  async move(): Promise<void> {
    const { port, dataDirectory } = this.#process
    await this.#process.stop()
    const moved = await freePort()
    const properties = `${dataDirectory}.properties`
    const text = await readFile(properties, 'utf8')
    await writeFile(properties, text.replaceAll(`PLAINTEXT://127.0.0.1:${port},`, `PLAINTEXT://127.0.0.1:${moved},`))
    this.#process = kafkaBroker(this.#jars, { port: moved, dataDirectory, properties })
    await this.#process.start()
  }

  async stop(): Promise<void> {
    await this.#process.discard()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

let jars: Promise<KafkaJars> | undefined

export const kafka: BrokerKind = {
  name: 'kafka',
  countMax: 1,
  async start() {
    jars ??= ensureKafkaJars()
    const directory = await mkdtemp(join(tmpdir(), 'millrace-faults-'))
    const data = join(directory, 'data')
    const ports = { port: await freePort(), controllerPort: await freePort() }
    const process = await newKafkaBroker(await jars, ports, data, settings)
    await process.start()
    return new KafkaBroker(await jars, directory, process)
  },
}
