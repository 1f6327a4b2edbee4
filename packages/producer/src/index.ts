export {
  bytes,
  type ClusterEvent,
  type ClusterOptions,
  json,
  MillraceError,
  type MillraceErrorCode,
  type Serde,
  string,
  type Topic,
  topic,
} from '@millrace/client'
export { type CompressionName, murmur2 } from '@millrace/protocol'
export type { RecordMetadata } from './delivery.ts'
export type { DeliveryReport, ProducerInterceptor } from './interceptor.ts'
export type { ProducerOptions, ProducerSettings } from './options.ts'
export { keyedPartition, type PartitionableRecord, type Partitioner, roundRobin } from './partitioner.ts'
export { ProduceError, type WriteOutcome } from './produce-error.ts'
export { Producer } from './producer.ts'
export type { ProducerRecord, RecordHeaders } from './record.ts'
export type { ProducerState } from './state.ts'
