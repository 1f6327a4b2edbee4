/** @platformatic/kafka by its stream's `data` events, its fastest way. It does not verify checksums. */
import { Consumer } from '@platformatic/kafka'
import { performReading } from './consume.ts'

await performReading(async ({ address, topic, group, fetchSize, partitionFetchSize }, received) => {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'bench',
    groupId: group,
    bootstrapBrokers: [address],
    maxBytes: fetchSize,
    maxBytesPerPartition: partitionFetchSize,
    maxWaitTime: 500,
  })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject)
    stream.on('data', ({ key, value }) => {
      received.add(key, value)
      if (received.isComplete) resolve()
    })
  })
  stream.pause()
  return async () => {
    await stream.close()
    await consumer.close(true)
  }
})
