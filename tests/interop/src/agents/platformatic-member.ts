/** Consumes with @platformatic/kafka and commits as it goes. */
import { Consumer, type Message } from '@platformatic/kafka'
import type { MemberTask } from '../clients/agent.ts'
import { untilAskedToEnd, writeFrames } from './output.ts'

const { address, topic, group, member } = JSON.parse(process.argv[2]!) as MemberTask
const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
  clientId: `platformatic-${member}`,
  groupId: group,
  bootstrapBrokers: [address],
  retries: 120,
  retryDelay: 250,
  sessionTimeout: 10_000,
  heartbeatInterval: 1000,
  maxWaitTime: 500,
})
const asked = untilAskedToEnd()
const stream = await consumer.consume({
  topics: [topic],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: 500,
})
stream.on('data', ({ partition, offset, key, value }: Message<Buffer, Buffer, Buffer, Buffer>) => {
  writeFrames([{ partition, offset: Number(offset), key, value }])
})
stream.on('error', (error) => {
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
await asked
await stream.close()
await consumer.close(true)
process.exit(0)
