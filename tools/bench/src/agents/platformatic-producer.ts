/** @platformatic/kafka by `send` of arrays, five calls at a time; not idempotent, which is its default. */
import { Producer } from '@platformatic/kafka'
import { perform, produceTask, sendInCalls } from './produce.ts'

const task = produceTask()
const { topic } = task
const compression = task.compression as 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({ clientId: 'bench', bootstrapBrokers: [task.address] })
const acks = task.acks === 'all' ? -1 : 1
await perform(task, (isOver) =>
  sendInCalls(task, isOver, (values) =>
    producer.send({ acks, compression, messages: values.map((value) => ({ topic, value })) }),
  ),
)
