/** Consumes with kafkajs, batch by batch, and commits as it goes. */
import type { Consumer } from 'kafkajs'
import type { MemberTask } from '../clients/agent.ts'
import { connectKafkajs } from './kafkajs.ts'
import { untilAskedToEnd, writeFrames } from './output.ts'

const disconnectLimitMs = 5000
const startCountMax = 20

const { address, topic, group, member } = JSON.parse(process.argv[2]!) as MemberTask
const kafka = connectKafkajs(address, `kafkajs-${member}`)
const asked = untilAskedToEnd()

/** Starts a consumer; settles when it gave up, which it does for good when it finds no coordinator right after an outage. */
async function consume(consumer: Consumer): Promise<void> {
  const crashed = new Promise<void>((resolve) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => (payload.restart ? undefined : resolve()))
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    async eachBatch({ batch: { partition, messages } }) {
      writeFrames(messages.map(({ offset, key, value }) => ({ partition, offset: Number(offset), key, value })))
    },
  })
  await crashed
}

// Keeps the process alive between two consumers.
const alive = setInterval(() => {}, 1000)
for (let count = 0; count < startCountMax; count++) {
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: 10_000,
    heartbeatInterval: 1000,
    maxWaitTimeInMs: 500,
  })
  const isAsked = await Promise.race([consume(consumer).then(() => false), asked.then(() => true)])
  // After an outage disconnect() may wait for ever, with every broker alike. What was read is committed batch by batch, and the
  // suite looks at what is committed.
  await Promise.race([consumer.disconnect(), new Promise((resolve) => setTimeout(resolve, disconnectLimitMs))])
  if (isAsked) process.exit(0)
}
clearInterval(alive)
throw new Error(`kafkajs gave up ${startCountMax} times`)
