/** What controller decisions work with and what they give: pure functions of state, request and time. */
import type { Random, Uuid } from '@millrace/base'
import type { MetadataRecord } from '@millrace/protocol'
import { hasReplicaOnline } from '../directory-id.ts'
import type { ElectionRules } from '../election.ts'
import { configResourceKey, configResourceType, isActive, type MetadataImage, type PartitionImage } from '../image.ts'
import type { BrokerSessions } from './sessions.ts'

/** Rules about configs that the metadata package does not know. */
export interface ConfigRules {
  /** The first problem with a new topic's configs, or undefined. */
  topicProblem(
    entries: ReadonlyMap<string, string>,
  ): { readonly errorCode: number; readonly message: string } | undefined
  /** The effective value of a topic config under these overrides. */
  topicValue(name: string, overrides: ReadonlyMap<string, string>): string
}

export interface ControllerSettings {
  /** `num.partitions` */
  readonly partitionCountDefault: number
  /** `default.replication.factor` */
  readonly replicationFactorDefault: number
  /** `broker.session.timeout.ms` */
  readonly sessionTimeoutMs: number
  readonly clusterId: Uuid
  /** `delete.topic.enable` */
  readonly deleteTopicEnable: boolean
  readonly configRules: ConfigRules
}

export interface ControllerContext {
  /** State with everything that was decided, committed or not. */
  readonly image: MetadataImage
  readonly settings: ControllerSettings
  readonly sessions: BrokerSessions
  readonly random: Random
  /** Monotonic time, for sessions. */
  readonly nowMs: number
  /** The offset that the first record of the decision will have. */
  readonly nextOffset: number
}

export interface Decision<Reply> {
  readonly records: readonly MetadataRecord[]
  readonly reply: Reply
}

/** Records that one request may cause, as Kafka's controller limits it. */
export const recordCountMax = 10_000

export function minIsrOf({ image, settings }: ControllerContext, topicName: string, replicaCount: number): number {
  const overrides = image.configs.get(configResourceKey(configResourceType.topic, topicName)) ?? new Map()
  const cluster = image.configs.get(configResourceKey(configResourceType.broker, ''))
  const own = overrides.get('min.insync.replicas') ?? cluster?.get('min.insync.replicas')
  const value = own ?? settings.configRules.topicValue('min.insync.replicas', overrides)
  return Math.max(1, Math.min(Number(value), replicaCount))
}

/**
 * The rules under which a partition of `topicName` elects, with brokers as they are or as `isActiveAfter` says they will be. Nobody
 * leads from a log directory that failed.
 */
export function electionRules(
  context: ControllerContext,
  topicName: string,
  partition: Pick<PartitionImage, 'replicas' | 'directories'>,
  isActiveAfter: (brokerId: number) => boolean = (id) => isActive(context.image, id),
): ElectionRules {
  const { image, settings } = context
  const overrides = image.configs.get(configResourceKey(configResourceType.topic, topicName)) ?? new Map()
  return {
    isActive: (id) => isActiveAfter(id) && hasReplicaOnline(image, partition, id),
    allowsUnclean: settings.configRules.topicValue('unclean.leader.election.enable', overrides) === 'true',
    keepsElr: (image.features.get('eligible.leader.replicas.version') ?? 0) >= 1,
    minIsr: minIsrOf(context, topicName, partition.replicas.length),
  }
}
