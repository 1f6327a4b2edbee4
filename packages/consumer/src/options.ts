/** The options of a consumer, their defaults, and the check of their ranges. */
import { type Assignor, assignorByName, assignors, cooperativeSticky } from '@millrace/assignor'
import { type Cluster, type ClusterOptions, checkedInteger, MillraceError, type Topic } from '@millrace/client'
import { defaultDecompressedSizeMax } from '@millrace/protocol'
import type { StartAt } from './partition-state.ts'

/** What a consumer reads, from where, and with whom. All have defaults. */
export interface ConsumerSettings<K, V> {
  /**
   * Topics to read: by name, typed, or all that match a pattern, except for internal ones. With a name or pattern alone, keys and values
   * are bytes. Topics that match later are noticed within the cluster's `metadataMaxAgeMs`. Without a group, all partitions are read.
   */
  readonly topics?: readonly (string | Topic<K, V> | RegExp)[]
  /** The group that shares the work and remembers offsets. */
  readonly group?: string
  /** Where to begin where nothing is committed, and after the committed place is gone. Default `latest`. */
  readonly from?: StartAt
  /** `committed`: only records of committed transactions, and no others before it is decided. Default `uncommitted`. */
  readonly isolation?: 'uncommitted' | 'committed'
  /** Makes this a static member of its group (`group.instance.id`): a restart within the session timeout moves nothing. */
  readonly instanceId?: string
  /** Where this consumer runs, for assignors that look at racks. */
  readonly rackId?: string
  /**
   * How partitions are shared, by preference: names, or assignors of one's own. All members of the group need one in common. If all of
   * them are cooperative, a rebalance takes away only what moves; one that is eager makes it take everything. Default
   * `['cooperative-sticky']`.
   */
  readonly assignors?: readonly (string | Assignor)[]
  /** Whether finished offsets are committed by themselves. Default true. */
  readonly autoCommit?: boolean
  /** Default 5000. */
  readonly autoCommitIntervalMs?: number
  /** A member that is not heard of for this long is dead to the group. Default 45000. */
  readonly sessionTimeoutMs?: number
  /** Default 3000. */
  readonly heartbeatIntervalMs?: number
  /** How long user code may take over one message or batch before the group goes on without it. Default 300000. */
  readonly maxProcessingMs?: number
  /** Bytes of one answer. Default 50 MiB. */
  readonly fetchSizeMax?: number
  /** Bytes of one partition in an answer; a larger batch comes whole. Default 1 MiB. */
  readonly partitionFetchSizeMax?: number
  /** Bytes that are fetched ahead, of all partitions together. Default 64 MiB. */
  readonly prefetchSizeMax?: number
  /** The broker waits until it has so many bytes, or `fetchWaitMs` are over. Default 1. */
  readonly fetchSizeMin?: number
  /** Default 500. */
  readonly fetchWaitMs?: number
  /** Whether checksums are compared. Default true. */
  readonly checkCrc?: boolean
  /** Largest size of a batch's records after decompression. Default 64 MiB. */
  readonly decompressedSizeMax?: number
}

/** Either a cluster of one's own, or one that others use too and that the consumer does not close. */
export type ConsumerOptions<K, V> = ConsumerSettings<K, V> & (ClusterOptions | { readonly cluster: Cluster })

export interface ResolvedSettings {
  readonly topics: readonly (string | Topic<unknown, unknown>)[]
  readonly patterns: readonly RegExp[]
  readonly group: string | undefined
  readonly from: StartAt
  readonly isCommitted: boolean
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly assignors: readonly Assignor[]
  /** Partitions that stay are kept, and read, during a rebalance (KIP-429). */
  readonly isCooperative: boolean
  readonly autoCommit: boolean
  readonly autoCommitIntervalMs: number
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly maxProcessingMs: number
  readonly fetchSizeMax: number
  readonly partitionFetchSizeMax: number
  readonly prefetchSizeMax: number
  readonly fetchSizeMin: number
  readonly fetchWaitMs: number
  readonly checkCrc: boolean
  readonly decompressedSizeMax: number
}

const defaultAssignors: readonly Assignor[] = [cooperativeSticky]
const dayMs = 86_400_000
const sizeLimit = 0x7fff_ffff

function refuse(message: string): MillraceError {
  return new MillraceError('invalid-argument', message)
}

/** Throws {@link MillraceError} `invalid-argument`. */
export function checkedStart(startAt: StartAt): StartAt {
  if (startAt === 'earliest' || startAt === 'latest') return startAt
  const { timestamp } = startAt
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return startAt
  throw refuse(
    `a start is 'earliest', 'latest' or { timestamp } in milliseconds since 1970, not ${JSON.stringify(startAt)}`,
  )
}

function checkedTopic(topic: string | Topic<unknown, unknown>): string | Topic<unknown, unknown> {
  const name = typeof topic === 'string' ? topic : topic?.name
  if (typeof name === 'string' && name !== '') return topic
  throw refuse(`topics has ${JSON.stringify(topic)}: give a name, a topic() or a regular expression`)
}

function resolveAssignors(names: readonly (string | Assignor)[] | undefined): readonly Assignor[] {
  const list = (names ?? defaultAssignors).map((each) => {
    if (typeof each !== 'string') return each
    const known = assignorByName(each)
    if (known !== undefined) return known
    const builtIn = assignors.map(({ name }) => name).join(', ')
    throw refuse(`there is no assignor "${each}"; built in are ${builtIn}`)
  })
  if (list.length === 0) throw refuse('assignors is empty: a member needs at least one')
  return list
}

/** Fills in the defaults. Throws {@link MillraceError} `invalid-argument`. */
export function resolveSettings<K, V>(settings: ConsumerSettings<K, V>): ResolvedSettings {
  const { group, instanceId } = settings
  if (group === '') throw refuse('group is empty: leave it out to read without a group')
  if (instanceId !== undefined && group === undefined) throw refuse('instanceId needs a group')
  const integer = (name: keyof ConsumerSettings<K, V>, fallback: number, min: number, max: number) =>
    checkedInteger(name, (settings[name] as number | undefined) ?? fallback, min, max)
  const sessionTimeoutMs = integer('sessionTimeoutMs', 45_000, 1, dayMs)
  const heartbeatIntervalMs = integer('heartbeatIntervalMs', Math.min(3000, Math.ceil(sessionTimeoutMs / 3)), 1, dayMs)
  if (heartbeatIntervalMs >= sessionTimeoutMs) {
    throw refuse(`heartbeatIntervalMs (${heartbeatIntervalMs}) must be below sessionTimeoutMs (${sessionTimeoutMs})`)
  }
  const topics = (settings.topics ?? []) as readonly (string | Topic<unknown, unknown> | RegExp)[]
  const resolvedAssignors = resolveAssignors(settings.assignors)
  return {
    topics: topics.flatMap((topic) => (topic instanceof RegExp ? [] : checkedTopic(topic))),
    patterns: topics.filter((topic) => topic instanceof RegExp),
    group,
    from: checkedStart(settings.from ?? 'latest'),
    isCommitted: settings.isolation === 'committed',
    instanceId: instanceId ?? null,
    rackId: settings.rackId ?? null,
    assignors: resolvedAssignors,
    isCooperative: resolvedAssignors.every(({ protocol }) => protocol === 'cooperative'),
    autoCommit: settings.autoCommit ?? true,
    autoCommitIntervalMs: integer('autoCommitIntervalMs', 5000, 1, dayMs),
    sessionTimeoutMs,
    heartbeatIntervalMs,
    maxProcessingMs: integer('maxProcessingMs', 300_000, 1, dayMs),
    fetchSizeMax: integer('fetchSizeMax', 50 * 1024 * 1024, 1, sizeLimit),
    partitionFetchSizeMax: integer('partitionFetchSizeMax', 1024 * 1024, 1, sizeLimit),
    prefetchSizeMax: integer('prefetchSizeMax', 64 * 1024 * 1024, 1, Number.MAX_SAFE_INTEGER),
    fetchSizeMin: integer('fetchSizeMin', 1, 0, sizeLimit),
    fetchWaitMs: integer('fetchWaitMs', 500, 0, 600_000),
    checkCrc: settings.checkCrc ?? true,
    decompressedSizeMax: integer('decompressedSizeMax', defaultDecompressedSizeMax, 1, Number.MAX_SAFE_INTEGER),
  }
}

/** How a loop ends, besides by `break` and by closing the consumer. */
export interface LoopOptions {
  /** Ends the loop when it is aborted. */
  readonly signal?: AbortSignal
  /**
   * `end`: the loop ends once everything has been handed out that was there when it began to look; records that come meanwhile may be
   * among it. In a group, what is there of this member's partitions. A topic that is not there has no end.
   */
  readonly until?: 'end'
}
