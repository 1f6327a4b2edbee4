/** Produces with @platformatic/kafka: idempotent, one call at a time, each awaited. */
import { compatibilityPartitioner, Producer } from '@platformatic/kafka'
import type { ProducerTask } from '../clients/agent.ts'
import type { Codec } from '../plan.ts'
import { inputGroups } from './input.ts'

const { address, topic, codec } = JSON.parse(process.argv[2]!) as ProducerTask
const producer = new Producer({
  clientId: 'platformatic-producer',
  bootstrapBrokers: [address],
  idempotent: true,
  // As the Java client; its own default puts half of the keys elsewhere.
  partitioner: compatibilityPartitioner,
  retries: 120,
  retryDelay: 250,
})
for await (const group of inputGroups()) {
  const messages = group.map(({ key, value }) => ({ topic, key, value }))
  await producer.send({ messages, acks: -1, compression: codec as Codec })
}
await producer.close()
