/** What clients.mjs does, with the umbrella package alone. Arguments: broker, topic. */
import { json, Millrace, string, topic, valuesOf } from 'millrace'

const [brokers, name] = process.argv.slice(2)
const millrace = new Millrace({ brokers })
valuesOf(await millrace.admin.createTopics([{ name, partitions: 3 }]))

// Enough for a batch to be compressed on another thread, where there is one.
const text = 'pear '.repeat(100_000)
const orders = topic(name, { key: string(), value: json() })
const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
for (const compression of compressions) {
  const producer = millrace.producer({ compression })
  await producer.send(orders, { key: compression, value: { compression, text } })
}

const consumer = millrace.consumer({ group: `readers-of-${name}`, topics: [orders], from: 'earliest' })
const read = new Set()
for await (const { key, value } of consumer.messages()) {
  if (key === value.compression && value.text === text) read.add(key)
  if (read.size === compressions.length) break
}
const topics = await millrace.admin.listTopics()
await millrace.close()
console.log(topics.includes(name) ? `read ${[...read].sort().join(' ')}` : `topics: ${topics.join(' ')}`)
