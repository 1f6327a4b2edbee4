/** Millrace, inside this process; with its data in memory, or in a directory of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address } from '@millrace/network'
import { type Cluster, startCluster } from '@millrace/testing'
import { type BrokerKind, brokerSettings, type TestBroker } from './broker.ts'

class MillraceBroker implements TestBroker {
  /** Undefined: in memory. */
  readonly #directory: string | undefined
  #cluster: Cluster | undefined

  constructor(directory: string | undefined) {
    this.#directory = directory
  }

  get address(): Address {
    const [host = '', port] = (this.#cluster?.bootstrapServers ?? '127.0.0.1:1').split(':')
    return { host, port: Number(port) }
  }

  async start(): Promise<void> {
    const config = Object.fromEntries(brokerSettings)
    const data = this.#directory === undefined ? 'memory' : { directory: this.#directory }
    this.#cluster = await startCluster({ data, config })
  }

  async restart(): Promise<void> {
    await this.#cluster?.restart()
  }

  async move(): Promise<void> {
    await this.#cluster?.stop()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.#cluster?.stop()
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true })
  }
}

export const millrace: BrokerKind = {
  name: 'millrace',
  countMax: 8,
  async start(isLasting) {
    const directory = isLasting ? await mkdtemp(join(tmpdir(), 'millrace-faults-')) : undefined
    const broker = new MillraceBroker(directory)
    await broker.start()
    return broker
  },
}
