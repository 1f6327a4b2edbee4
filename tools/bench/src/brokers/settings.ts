/** Settings of every broker here: groups form at once, topics are made by the harness, and what is deleted goes soon. */
import type { KafkaSettings } from '@millrace/peers'

export const brokerSettings: KafkaSettings = [
  ['group.initial.rebalance.delay.ms', '0'],
  ['auto.create.topics.enable', 'false'],
  ['log.segment.delete.delay.ms', '1000'],
]
