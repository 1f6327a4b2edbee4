/** Fills a topic with records of `content.ts`, round-robin over its partitions, and tells their sum. */
import { Producer } from '@millrace/producer'
import { keySize, sumOf, writeRecord } from '../content.ts'
import { finish, givenArguments, untilTurn } from './stage.ts'

const given = givenArguments()
const topic = given.text('topic')
const count = given.number('count')
const partitions = given.number('partitions')
const producer = new Producer({ brokers: given.text('address'), batchSizeMax: given.number('batchSize') })
const valueSize = given.number('valueSize')
await untilTurn()
const startedMs = performance.now()
let sum = 0
for (let index = 0; index < count; index++) {
  // Its own for each record: the producer keeps them until the topic is known.
  const [key, value] = [Buffer.alloc(keySize), Buffer.alloc(valueSize)]
  writeRecord(index, key, value)
  sum = (sum + sumOf(key, value)) | 0
  if (!producer.enqueue(topic, { key, value, partition: index % partitions })) await producer.ready()
}
await producer.flush()
await finish({ count, sum, elapsedMs: performance.now() - startedMs })
