/** Creates a topic, writes to it, reads it in a group and lists topics, with one package for each. Arguments: broker, topic. */
import { Admin, valuesOf } from '@millrace/admin'
import { Consumer } from '@millrace/consumer'
import { json, Producer, string, topic } from '@millrace/producer'

const [brokers, name] = process.argv.slice(2)
const admin = new Admin({ brokers })
valuesOf(await admin.createTopics([{ name, partitions: 3 }]))

// Enough for a batch to be compressed on another thread, where there is one.
const text = 'pear '.repeat(100_000)
const orders = topic(name, { key: string(), value: json() })
for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  const producer = new Producer({ brokers, compression })
  await producer.send(orders, { key: compression, value: { compression, text } })
  await producer.close()
}

const consumer = new Consumer({ brokers, group: `readers-of-${name}`, topics: [orders], from: 'earliest' })
const read = new Set()
for await (const { key, value } of consumer.messages()) {
  if (key === value.compression && value.text === text) read.add(key)
  if (read.size === 5) break
}
await consumer.close()

const topics = await admin.listTopics()
await admin.close()
console.log(topics.includes(name) ? `read ${[...read].sort().join(' ')}` : `topics: ${topics.join(' ')}`)
