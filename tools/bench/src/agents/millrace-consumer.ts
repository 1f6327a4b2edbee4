/** @millrace/consumer, message by message; with `each=batch` by batches. */
import { Consumer } from '@millrace/consumer'
import { performReading } from './consume.ts'
import { givenArguments } from './stage.ts'

const isByBatch = givenArguments().text('each') === 'batch'

await performReading(async ({ address, topic, group, fetchSize, partitionFetchSize }, received) => {
  const consumer = new Consumer({
    brokers: address,
    group,
    topics: [topic],
    from: 'earliest',
    autoCommit: false,
    fetchSizeMax: fetchSize,
    partitionFetchSizeMax: partitionFetchSize,
  })
  if (isByBatch) {
    for await (const batch of consumer.batches()) {
      for (const { key, value } of batch) received.add(key, value!)
      if (received.isComplete) break
    }
  } else {
    for await (const { key, value } of consumer.messages()) {
      received.add(key, value!)
      if (received.isComplete) break
    }
  }
  return () => consumer.close()
})
