/** Produces with kafkajs: idempotent, one request at a time, each awaited. */
import type { ProducerTask } from '../clients/agent.ts'
import { inputGroups } from './input.ts'
import { compressionTypes, connectKafkajs } from './kafkajs.ts'

const { address, topic, codec } = JSON.parse(process.argv[2]!) as ProducerTask
const compression = compressionTypes[codec]
if (compression === undefined) throw new Error(`kafkajs has no ${codec}`)
const producer = connectKafkajs(address, 'kafkajs-producer').producer({ idempotent: true, maxInFlightRequests: 1 })
await producer.connect()
for await (const messages of inputGroups()) {
  await producer.send({ topic, compression, acks: -1, messages })
}
await producer.disconnect()
