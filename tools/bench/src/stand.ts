/** A running broker with the topics of a scenario on it. */
import { Admin, valuesOf } from '@millrace/admin'
import type { BrokerProcess } from '@millrace/peers'

const createLimitMs = 30_000

export class Stand {
  readonly process: BrokerProcess
  readonly admin: Admin
  /** From the start of the process to its first answer. */
  readonly startMs: number

  private constructor(process: BrokerProcess, startMs: number) {
    this.process = process
    this.startMs = startMs
    this.admin = new Admin({ brokers: process.address })
  }

  static async start(process: BrokerProcess): Promise<Stand> {
    return new Stand(process, await process.start())
  }

  get name(): string {
    return this.process.name
  }

  get address(): string {
    return this.process.address
  }

  get pid(): number {
    const { pid } = this.process
    if (pid === undefined) throw new Error(`${this.process.describe()} does not run`)
    return pid
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    const topic = { name, partitions, replicationFactor: 1 }
    valuesOf(await this.admin.createTopics([topic], { timeoutMs: createLimitMs }))
  }

  async deleteTopic(name: string): Promise<void> {
    valuesOf(await this.admin.deleteTopics([name]))
  }

  /** How many records the topic has had. */
  async recordCount(topic: string, partitions: number): Promise<number> {
    const queries = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: 'latest' as const }))
    const found = valuesOf(await this.admin.listOffsets(queries))
    return [...found.values()].reduce((sum, { offset }) => sum + offset, 0)
  }

  async stop(): Promise<void> {
    await this.admin.close()
    await this.process.discard()
  }
}
