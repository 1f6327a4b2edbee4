export { Admin, type AdminOptions, type Result, type Results, valuesOf } from '@millrace/admin'
export { bytes, MillraceError, type MillraceErrorCode, type Serde, string, type Topic, topic } from '@millrace/client'
export {
  ProduceError,
  Producer,
  type ProducerOptions,
  type ProducerRecord,
  type RecordHeaders,
  type RecordMetadata,
  type WriteOutcome,
} from '@millrace/producer'
