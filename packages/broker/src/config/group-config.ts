/** The configuration of a group, and the bounds that the broker sets for it. */
import { ConfigValues } from './config-values.ts'
import { groupKeys } from './group-keys.ts'
import type { ConfigValue } from './key.ts'
import { resolveResource } from './resource-values.ts'

/** A group key with broker keys that bound it. */
interface BoundedKey {
  readonly name: string
  readonly min?: string
  readonly max?: string
}

const triple = (kind: string, setting: string): BoundedKey => ({
  name: `${kind}.${setting}`,
  min: `group.${kind}.min.${setting}`,
  max: `group.${kind}.max.${setting}`,
})

/** In the order in which Kafka checks them. */
export const boundedGroupKeys: readonly BoundedKey[] = [
  triple('consumer', 'heartbeat.interval.ms'),
  triple('consumer', 'session.timeout.ms'),
  triple('consumer', 'assignment.interval.ms'),
  triple('share', 'heartbeat.interval.ms'),
  triple('share', 'session.timeout.ms'),
  triple('share', 'assignment.interval.ms'),
  triple('share', 'record.lock.duration.ms'),
  triple('share', 'delivery.count.limit'),
  triple('share', 'partition.max.record.locks'),
  triple('streams', 'heartbeat.interval.ms'),
  triple('streams', 'session.timeout.ms'),
  triple('streams', 'assignment.interval.ms'),
  { name: 'streams.num.standby.replicas', max: 'group.streams.max.standby.replicas' },
]

const groupKinds = ['consumer', 'share', 'streams'] as const

/** Kafka's group configs in effect. */
export interface GroupConfig {
  readonly consumer: MemberTimes
  readonly share: MemberTimes & {
    readonly autoOffsetReset: string
    readonly isolationLevel: 'read_committed' | 'read_uncommitted'
    readonly deliveryCountLimit: number
    readonly partitionMaxRecordLocks: number
    readonly recordLockDurationMs: number
    readonly renewAcknowledgeEnable: boolean
  }
  readonly streams: MemberTimes & {
    readonly initialRebalanceDelayMs: number
    readonly numStandbyReplicas: number
  }
}

export interface MemberTimes {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly assignmentIntervalMs: number
}

/** Resolves a group's configs. A value out of the broker's bounds, set when they were others, becomes the nearest bound. */
export function groupConfigOf(broker: ConfigValues, own: ReadonlyMap<string, string>): GroupConfig {
  const resolved = resolveResource(groupKeys, broker, own)
  const capped = new Map<string, ConfigValue>()
  for (const name of groupKeys.keys()) capped.set(name, resolved.get(name))
  for (const { name, min, max } of boundedGroupKeys) {
    const lower = min === undefined ? Number.NEGATIVE_INFINITY : broker.number(min)
    const upper = max === undefined ? Number.POSITIVE_INFINITY : broker.number(max)
    capped.set(name, Math.min(Math.max(resolved.number(name), lower), upper))
  }
  return groupConfig(new ConfigValues(groupKeys, capped))
}

function groupConfig(values: ConfigValues): GroupConfig {
  return {
    consumer: memberTimes(values, 'consumer'),
    share: {
      ...memberTimes(values, 'share'),
      autoOffsetReset: values.text('share.auto.offset.reset'),
      isolationLevel: values.text('share.isolation.level') as 'read_committed' | 'read_uncommitted',
      deliveryCountLimit: values.number('share.delivery.count.limit'),
      partitionMaxRecordLocks: values.number('share.partition.max.record.locks'),
      recordLockDurationMs: values.number('share.record.lock.duration.ms'),
      renewAcknowledgeEnable: values.boolean('share.renew.acknowledge.enable'),
    },
    streams: {
      ...memberTimes(values, 'streams'),
      initialRebalanceDelayMs: values.number('streams.initial.rebalance.delay.ms'),
      numStandbyReplicas: values.number('streams.num.standby.replicas'),
    },
  }
}

const memberTimes = (values: ConfigValues, kind: (typeof groupKinds)[number]): MemberTimes => ({
  sessionTimeoutMs: values.number(`${kind}.session.timeout.ms`),
  heartbeatIntervalMs: values.number(`${kind}.heartbeat.interval.ms`),
  assignmentIntervalMs: values.number(`${kind}.assignment.interval.ms`),
})

/** What is wrong with a group's configs under this broker, as Kafka words it; `undefined` when nothing is. */
export function groupConfigProblem(broker: ConfigValues, own: ReadonlyMap<string, string>): string | undefined {
  const values = resolveResource(groupKeys, broker, own)
  for (const { name, min, max } of boundedGroupKeys) {
    const value = values.number(name)
    if (min !== undefined && value < broker.number(min)) return `${name} must be greater than or equal to ${min}`
    if (max !== undefined && value > broker.number(max)) return `${name} must be less than or equal to ${max}`
  }
  for (const kind of groupKinds) {
    const { sessionTimeoutMs, heartbeatIntervalMs } = memberTimes(values, kind)
    if (sessionTimeoutMs <= heartbeatIntervalMs) {
      return `${kind}.session.timeout.ms must be greater than ${kind}.heartbeat.interval.ms`
    }
  }
  return undefined
}
