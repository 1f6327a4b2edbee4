/** A way to a broker without a proxy: prepares what a case needs, and looks afterwards at what there is. */
import { Admin, valuesOf } from '@millrace/admin'
import { Cluster } from '@millrace/client'
import { type Address, formatAddress } from '@millrace/network'
import { Producer } from '@millrace/producer'
import { Fetch, forEachBatch, openBatch } from '@millrace/protocol'
import { type ReadRecord, recordValue } from './judges/log-check.ts'

/** Names topics in words, so that nothing has to be known of their ids. */
const fetchVersionMax = 12
const partitionSizeMax = 1 << 20

const tryCountMax = 200
const tryPauseMs = 25

/** Asks until it is so. */
export async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  for (let count = 0; !(await isSo()); count++) {
    if (count === tryCountMax) throw new Error('the broker does not come to what it was asked for')
    await new Promise((resolve) => setTimeout(resolve, tryPauseMs))
  }
}

export class Direct {
  readonly cluster: Cluster
  readonly admin: Admin
  readonly #producer: Producer

  constructor(broker: { readonly address: Address }) {
    this.cluster = new Cluster({ brokers: formatAddress(broker.address), clientId: 'direct', retryBackoffMs: 20 })
    this.admin = new Admin({ cluster: this.cluster })
    this.#producer = new Producer({ cluster: this.cluster, lingerMs: 0 })
  }

  /** Comes back when the broker serves it. */
  async createTopic(name: string, partitions: number): Promise<void> {
    valuesOf(await this.admin.createTopics([{ name, partitions, replicationFactor: 1 }]))
    await this.#served(name, partitions)
  }

  /** Comes back when the broker serves the new partitions. */
  async growTopic(name: string, partitions: number): Promise<void> {
    valuesOf(await this.admin.createPartitions({ [name]: partitions }))
    await this.#served(name, partitions)
  }

  /** Comes back when the broker knows that it is gone. */
  async deleteTopic(name: string): Promise<void> {
    valuesOf(await this.admin.deleteTopics([name]))
    await eventually(async () => {
      const result = (await this.admin.describeTopics([name])).get(name)
      return result?.ok === false && result.error.brokerError === 'UNKNOWN_TOPIC_OR_PARTITION'
    })
  }

  /** Deletes those that are there. */
  async deleteTopics(names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.admin.deleteTopics(names)
  }

  /** Writes the values of the numbers `[first, end)` into each of the partitions `[0, partitionCount)`. */
  async produce(topic: string, partitionCount: number, first: number, end: number): Promise<void> {
    const sent: Promise<unknown>[] = []
    for (let number = first; number < end; number++) {
      for (let partition = 0; partition < partitionCount; partition++) {
        sent.push(this.#producer.send(topic, { partition, value: recordValue(partition, number) }))
      }
    }
    await Promise.all(sent)
  }

  /** Where each of the partitions `[0, partitionCount)` ends. */
  async ends(topic: string, partitionCount: number): Promise<number[]> {
    return this.#offsets(topic, partitionCount, 'latest')
  }

  async starts(topic: string, partitionCount: number): Promise<number[]> {
    return this.#offsets(topic, partitionCount, 'earliest')
  }

  /** Everything that is in a partition. */
  async read(topic: string, partition: number): Promise<ReadRecord[]> {
    const [end = 0] = (await this.ends(topic, partition + 1)).slice(partition)
    const [start = 0] = (await this.starts(topic, partition + 1)).slice(partition)
    const records: ReadRecord[] = []
    for (let offset = start; offset < end; ) {
      const found = await this.#fetch(topic, partition, offset)
      const last = found.at(-1)
      if (last === undefined) throw new Error(`${topic}-${partition} has nothing at ${offset}, and ends at ${end}`)
      records.push(...found)
      offset = last.offset + 1
    }
    return records
  }

  /** What a group has committed of a topic, by partition. */
  async committed(group: string, topic: string): Promise<Map<number, number>> {
    const offsets = await this.admin.listGroupOffsets(group)
    return new Map(offsets.filter((each) => each.topic === topic).map(({ partition, offset }) => [partition, offset]))
  }

  async close(): Promise<void> {
    await this.#producer.close({ timeoutMs: 1000 }).catch(() => {})
    await this.cluster.close()
  }

  /** Brokers learn what the controller has decided a moment later. */
  async #served(name: string, partitions: number): Promise<void> {
    await eventually(async () => {
      const result = (await this.admin.describeTopics([name])).get(name)
      if (result?.ok !== true || result.value.partitions.length !== partitions) return false
      const offsets = await this.admin.listOffsets(
        result.value.partitions.map(({ partition }) => ({ topic: name, partition, at: 'latest' })),
      )
      return [...offsets.values()].every(({ ok }) => ok)
    })
    await this.cluster.metadata([name])
  }

  async #offsets(topic: string, partitionCount: number, at: 'earliest' | 'latest'): Promise<number[]> {
    const queries = Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition, at }))
    const found = valuesOf(await this.admin.listOffsets(queries))
    return queries.map(({ partition }) => found.get(`${topic}-${partition}`)?.offset ?? 0)
  }

  async #fetch(topic: string, partition: number, fetchOffset: number): Promise<ReadRecord[]> {
    const node = this.cluster.leaderOf(topic, partition)
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: partitionSizeMax }]
    const body = { maxWaitMs: 0, minBytes: 0, maxBytes: partitionSizeMax, topics: [{ topic, partitions }] }
    const { responses } = await this.cluster.send(Fetch, body, { node, versions: { max: fetchVersionMax } })
    const bytes = responses[0]?.partitions[0]?.records
    const records: ReadRecord[] = []
    if (bytes === null || bytes === undefined) return records
    forEachBatch(bytes, 0, bytes.length, (position) => {
      const batch = openBatch(bytes, position)
      for (const { offset, valueText } of batch) {
        if (offset >= fetchOffset) records.push({ offset, batchOffset: batch.baseOffset, value: valueText ?? '' })
      }
    })
    return records
  }
}
