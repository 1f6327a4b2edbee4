/** The keys of a group, with the broker keys that give them their defaults. */
import { bool, type ConfigTable, int, type ResourceKey, resourceKey, tableOf, text } from './key.ts'
import { unsupported } from './support.ts'
import { atLeast, oneOf, shareOffsetReset } from './valid-values.ts'

/** Keys of consumer, share and streams groups (resource type 32). */
export const groupKeys: ConfigTable<ResourceKey> = tableOf([
  resourceKey(
    'consumer.assignment.interval.ms',
    int(1000, atLeast(0)),
    unsupported,
    'group.consumer.assignment.interval.ms',
  ),
  resourceKey(
    'consumer.heartbeat.interval.ms',
    int(5000, atLeast(1)),
    unsupported,
    'group.consumer.heartbeat.interval.ms',
  ),
  resourceKey('consumer.session.timeout.ms', int(45000, atLeast(1)), unsupported, 'group.consumer.session.timeout.ms'),
  resourceKey('share.assignment.interval.ms', int(1000, atLeast(0)), unsupported, 'group.share.assignment.interval.ms'),
  resourceKey('share.auto.offset.reset', text('latest', shareOffsetReset), unsupported),
  resourceKey('share.delivery.count.limit', int(5, atLeast(2)), unsupported, 'group.share.delivery.count.limit'),
  resourceKey('share.heartbeat.interval.ms', int(5000, atLeast(1)), unsupported, 'group.share.heartbeat.interval.ms'),
  resourceKey(
    'share.isolation.level',
    text('read_uncommitted', oneOf('read_committed', 'read_uncommitted')),
    unsupported,
  ),
  resourceKey(
    'share.partition.max.record.locks',
    int(2000, atLeast(100)),
    unsupported,
    'group.share.partition.max.record.locks',
  ),
  resourceKey(
    'share.record.lock.duration.ms',
    int(30000, atLeast(1000)),
    unsupported,
    'group.share.record.lock.duration.ms',
  ),
  resourceKey('share.renew.acknowledge.enable', bool(true), unsupported),
  resourceKey('share.session.timeout.ms', int(45000, atLeast(1)), unsupported, 'group.share.session.timeout.ms'),
  resourceKey(
    'streams.assignment.interval.ms',
    int(1000, atLeast(0)),
    unsupported,
    'group.streams.assignment.interval.ms',
  ),
  resourceKey(
    'streams.heartbeat.interval.ms',
    int(5000, atLeast(1)),
    unsupported,
    'group.streams.heartbeat.interval.ms',
  ),
  resourceKey(
    'streams.initial.rebalance.delay.ms',
    int(3000, atLeast(0)),
    unsupported,
    'group.streams.initial.rebalance.delay.ms',
  ),
  resourceKey('streams.num.standby.replicas', int(0, atLeast(0)), unsupported, 'group.streams.num.standby.replicas'),
  resourceKey('streams.session.timeout.ms', int(45000, atLeast(1)), unsupported, 'group.streams.session.timeout.ms'),
])
