export {
  bytes,
  type ClusterEvent,
  type ClusterOptions,
  MillraceError,
  type MillraceErrorCode,
  type Serde,
  string,
  type Topic,
  topic,
} from '@millrace/client'
export { type Assignment, Consumer } from './consumer.ts'
export type { ConsumerCounts, ConsumerState, ReadingState } from './consumer-state.ts'
export type { ConsumerEvents, ConsumerListener, TopicPartition } from './events.ts'
export type { Message, MessageBatch } from './message.ts'
export type { ConsumerOptions, ConsumerSettings, LoopOptions } from './options.ts'
export type { StartAt } from './partition-state.ts'
