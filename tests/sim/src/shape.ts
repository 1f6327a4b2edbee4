/** What a seed decides about a run before it begins: sizes, versions, configuration. */
import { type Random, randomBelow } from '@millrace/base'

export interface Shape {
  readonly partitionCount: number
  readonly brokerProperties: Readonly<Record<string, string>>
  readonly topicConfigs: Readonly<Record<string, string>>
  /** Power is cut only where acknowledged means durable. */
  readonly cutsPower: boolean
  readonly producer: { readonly pauseMsMax: number; readonly valueSizeMax: number; readonly produceVersion: number }
  readonly fetchVersion: number
  /** Longest delay of the network in usual times. */
  readonly delayMsMax: number
  readonly faultCount: number
  /** Longest time between two faults. */
  readonly calmMsMax: number
}

export function drawShape(random: Random): Shape {
  const pick = <T>(...items: readonly T[]): T => items[randomBelow(random, items.length)] as T
  const durability = pick('fsync', 'fsync', 'fsync', 'os')
  return {
    partitionCount: 1 + randomBelow(random, 3),
    cutsPower: durability === 'fsync',
    brokerProperties: {
      'millrace.durability': durability,
      'offsets.topic.num.partitions': pick('1', '2'),
      'offsets.topic.segment.bytes': '1048576',
      'group.initial.rebalance.delay.ms': pick('0', '200'),
      'log.flush.offset.checkpoint.interval.ms': pick('500', '60000'),
      'replica.high.watermark.checkpoint.interval.ms': pick('500', '5000'),
    },
    topicConfigs: {
      // Clocks jump: nothing may go for its age.
      'retention.ms': '-1',
      'message.timestamp.after.max.ms': '9223372036854775807',
      ...pick<Record<string, string>>({}, { 'segment.ms': '500' }, { 'internal.segment.bytes': '16384' }),
      ...pick<Record<string, string>>({}, { 'index.interval.bytes': '100' }),
      ...pick<Record<string, string>>({}, { 'flush.messages': '1' }),
    },
    producer: {
      pauseMsMax: pick(5, 20, 60),
      valueSizeMax: pick(20, 200, 2000),
      produceVersion: pick(7, 9, 12, 13),
    },
    fetchVersion: pick(7, 11, 12, 13, 16),
    delayMsMax: pick(0, 1, 5),
    faultCount: 8 + randomBelow(random, 10),
    calmMsMax: pick(200, 1000, 2000),
  }
}
