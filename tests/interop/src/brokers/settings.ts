/** Settings of every broker here: groups form at once, and segments are small, so that logs have several. */
import type { KafkaSettings } from '@millrace/peers'

export const brokerSettings: KafkaSettings = [
  ['group.initial.rebalance.delay.ms', '0'],
  ['log.segment.bytes', '1048576'],
  ['offsets.topic.num.partitions', '8'],
  ['auto.create.topics.enable', 'false'],
]
