/** kafkajs by `eachBatch`, its faster way. It does not verify checksums. */
import kafkajs from 'kafkajs'
import { performReading } from './consume.ts'

const { Kafka, logLevel } = kafkajs

await performReading(async ({ address, topic, group, fetchSize, partitionFetchSize }, received) => {
  const consumer = new Kafka({ brokers: [address], logLevel: logLevel.ERROR }).consumer({
    groupId: group,
    maxBytes: fetchSize,
    maxBytesPerPartition: partitionFetchSize,
    maxWaitTimeInMs: 500,
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const run = consumer.run({
      autoCommit: false,
      async eachBatch({ batch }) {
        for (const { key, value } of batch.messages) received.add(key, value!)
        if (received.isComplete) resolve()
      },
    })
    run.catch(reject)
  })
  consumer.pause([{ topic }])
  return () => consumer.disconnect()
})
