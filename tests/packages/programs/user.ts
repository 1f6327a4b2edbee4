/** A user's program as their compiler sees it: the types of a topic reach what is sent and what is read. Never run. */
import { Admin, type TopicDescription, valuesOf } from '@millrace/admin'
import { Consumer } from '@millrace/consumer'
import { json, ProduceError, Producer, type RecordMetadata, string, topic } from '@millrace/producer'
import { msgpack } from '@millrace/serde/msgpack'
import { startCluster } from '@millrace/testing'
import { Millrace, MillraceError } from 'millrace'

interface Order {
  readonly id: string
  readonly amount: number
}

const orders = topic('orders', { key: string(), value: json<Order>() })
const compact = topic('compact', { key: string(), value: msgpack<Order>() })

export async function use(): Promise<number> {
  const cluster = await startCluster({ config: { 'num.partitions': '3' } })
  const brokers = cluster.bootstrapServers
  const producer = new Producer({ brokers, compression: 'zstd' })
  const written: RecordMetadata = await producer.send(orders, { key: 'a', value: { id: 'a', amount: 1 } })
  await producer.send(compact, { key: 'a', value: { id: 'a', amount: 1 } }).catch((error: unknown) => {
    if (error instanceof ProduceError && error.outcome === 'unknown') throw error
  })
  const consumer = new Consumer({ brokers, group: 'billing', topics: [orders] })
  let total: number = written.offset
  for await (const { key, value } of consumer.messages()) {
    const id: string | null = key
    total += value === null || id === null ? 0 : value.amount
    break
  }
  const admin = new Admin({ brokers })
  const described: ReadonlyMap<string, TopicDescription> = valuesOf(await admin.describeTopics(['orders']))
  const millrace = new Millrace({ brokers })
  millrace.producer({ acks: 'all' })
  try {
    await millrace.close()
  } catch (error) {
    if (error instanceof MillraceError && error.retriable) total += described.size
  }
  await Promise.all([producer.close(), consumer.close(), admin.close()])
  await cluster.stop()
  return total
}
