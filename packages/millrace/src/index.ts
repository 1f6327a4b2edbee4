export { Admin, type AdminOptions, type Result, type Results, valuesOf } from '@millrace/admin'
export {
  bytes,
  json,
  MillraceError,
  type MillraceErrorCode,
  type Serde,
  string,
  type Topic,
  topic,
} from '@millrace/client'
export {
  type Assignment,
  Consumer,
  type ConsumerEvents,
  type ConsumerListener,
  type ConsumerOptions,
  type Message,
  type MessageBatch,
  type StartAt,
  type TopicPartition,
} from '@millrace/consumer'
export {
  type DeliveryReport,
  keyedPartition,
  murmur2,
  type Partitioner,
  ProduceError,
  Producer,
  type ProducerInterceptor,
  type ProducerOptions,
  type ProducerRecord,
  type RecordHeaders,
  type RecordMetadata,
  roundRobin,
  type WriteOutcome,
} from '@millrace/producer'
export { Millrace } from './millrace.ts'
