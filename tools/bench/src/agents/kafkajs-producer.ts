/** kafkajs by `send` of arrays, five calls at a time; not idempotent, which is its default. */
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'
import { perform, produceTask, sendInCalls } from './produce.ts'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => promisify(zstdCompress)(buffer),
  decompress: async (buffer: Buffer) => promisify(zstdDecompress)(buffer),
})
const compressions: Readonly<Record<string, number>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
}

const task = produceTask()
const { topic } = task
const compression = compressions[task.compression]
if (compression === undefined) throw new Error(`kafkajs has no ${task.compression}`)
const producer = new Kafka({ brokers: [task.address], logLevel: logLevel.ERROR }).producer({ maxInFlightRequests: 5 })
await producer.connect()
const acks = task.acks === 'all' ? -1 : 1
await perform(task, (isOver) =>
  sendInCalls(task, isOver, (values) =>
    producer.send({ topic, acks, compression, messages: values.map((value) => ({ value })) }),
  ),
)
