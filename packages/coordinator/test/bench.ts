/** A group coordinator on a manual clock and in-memory logs, and short ways to say what clients ask. */
import { type Clock, ManualClock, seededRandom, silentLogger, type Uuid, zeroUuid } from '@millrace/base'
import {
  type DeleteGroupsRequest,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
  type GroupRecord,
  type HeartbeatRequest,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type OffsetCommitRequest,
  type OffsetDeleteRequest,
  type OffsetFetchRequest,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from '@millrace/protocol'
import { GroupCoordinator } from '../src/group-coordinator.ts'
import type { GroupConfig } from '../src/groups/config.ts'
import { decodeGroupEntry } from '../src/groups/records.ts'
import type { RequestContext } from '../src/groups/requests.ts'
import type { MetadataView } from '../src/metadata-view.ts'
import { MemoryLog } from '../src/runtime/memory-log.ts'
import { batches } from '../src/runtime/read-batch.ts'

/** A promise whose outcome can be looked at; `value` is undefined while it is open. */
export interface Watched<T> {
  value: T | undefined
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { value: undefined }
  void promise.then((value) => {
    watched.value = value
  })
  return watched
}

/** Lets everything run that waits for no time. */
export async function flush(): Promise<void> {
  for (let count = 0; count < 30; count++) await Promise.resolve()
}

export interface TestTopic {
  readonly topicId: Uuid
  readonly partitionCount: number
}

export class TestMetadata implements MetadataView {
  readonly topics = new Map<string, TestTopic>()

  topicIdByName(name: string): Uuid | undefined {
    return this.topics.get(name)?.topicId
  }

  topicNameById(topicId: Uuid): string | undefined {
    for (const [name, topic] of this.topics) if (topic.topicId === topicId) return name
    return undefined
  }

  partitionCount(name: string): number | undefined {
    return this.topics.get(name)?.partitionCount
  }
}

export const ordersId = 'IEvLNFfnSym9ZEEVL8UKIg'
export const paymentsId = 'WDl-oqknQ6aHDW8Wfq8zLQ'

/** The newest versions, unless a test says otherwise. */
export const newest = { join: 9, sync: 5, heartbeat: 4, leave: 5, commit: 9, fetch: 9, describe: 6, list: 5 }

export interface JoinOptions {
  readonly groupId?: string
  readonly memberId?: string
  readonly instanceId?: string | null
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly protocolType?: string
  readonly protocols?: readonly (readonly [name: string, metadata: Buffer])[]
  readonly version?: number
  readonly clientId?: string
}

interface MemberOptions {
  readonly groupId?: string
  readonly memberId?: string
  readonly generation?: number
  readonly instanceId?: string | null
  readonly version?: number
}

export interface SyncOptions extends MemberOptions {
  readonly assignments?: Readonly<Record<string, Buffer>>
  readonly protocolName?: string | null
}

export function subscription(...topics: string[]): Buffer {
  return encodeConsumerSubscription(1, { topics })
}

export function assignment(topic: string, ...partitions: number[]): Buffer {
  return encodeConsumerAssignment(1, { assignedPartitions: [{ topic, partitions }] })
}

export class Bench {
  readonly clock: ManualClock
  readonly metadata: TestMetadata
  readonly coordinator: GroupCoordinator
  readonly logs: readonly MemoryLog[]

  constructor(options: {
    config?: Partial<GroupConfig>
    logs?: readonly MemoryLog[]
    seed?: number
    clock?: ManualClock
  }) {
    this.clock = options.clock ?? new ManualClock(1_795_000_000_000)
    this.metadata = new TestMetadata()
    this.metadata.topics.set('orders', { topicId: ordersId, partitionCount: 3 })
    this.metadata.topics.set('payments', { topicId: paymentsId, partitionCount: 1 })
    this.logs = options.logs ?? [new MemoryLog()]
    this.coordinator = new GroupCoordinator({
      config: { partitionCount: this.logs.length, ...options.config },
      metadata: this.metadata,
      clock: this.clock as Clock,
      random: seededRandom(options.seed ?? 1),
      logger: silentLogger,
    })
  }

  /** Loads all partitions; logs commit at once, unless told otherwise later. */
  static async start(options: ConstructorParameters<typeof Bench>[0] = {}): Promise<Bench> {
    const bench = new Bench(options)
    for (const [partition, log] of bench.logs.entries()) {
      log.autoCommit()
      await bench.coordinator.onElection(partition, 1, log)
    }
    return bench
  }

  get log(): MemoryLog {
    return this.logs[0] as MemoryLog
  }

  async advance(deltaMs: number): Promise<void> {
    // In steps, so that what happens at one time can answer before the next time comes.
    for (let left = deltaMs; left > 0; left -= 500) {
      this.clock.advance(Math.min(left, 500))
      await flush()
    }
  }

  join(options: JoinOptions = {}): Watched<JoinGroupResponse> {
    return watch(this.askJoin(options))
  }

  askJoin(options: JoinOptions = {}): Promise<JoinGroupResponse> {
    const protocols = options.protocols ?? [['range', subscription('orders')]]
    const request: JoinGroupRequest = {
      groupId: options.groupId ?? 'g',
      sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 60_000,
      memberId: options.memberId ?? '',
      groupInstanceId: options.instanceId ?? null,
      protocolType: options.protocolType ?? 'consumer',
      protocols: protocols.map(([name, metadata]) => ({ name, metadata })),
      reason: null,
    }
    return this.coordinator.joinGroup(request, this.context(options.version ?? newest.join, options.clientId))
  }

  sync(options: SyncOptions): Watched<SyncGroupResponse> {
    return watch(this.askSync(options))
  }

  askSync(options: SyncOptions): Promise<SyncGroupResponse> {
    const request: SyncGroupRequest = {
      ...this.#member(options),
      protocolType: null,
      protocolName: options.protocolName ?? null,
      assignments: Object.entries(options.assignments ?? {}).map(([memberId, bytes]) => ({
        memberId,
        assignment: bytes,
      })),
    }
    return this.coordinator.syncGroup(request, this.context(options.version ?? newest.sync))
  }

  async heartbeat(options: MemberOptions): Promise<number> {
    const request: HeartbeatRequest = this.#member(options)
    return (await this.coordinator.heartbeat(request, this.context(options.version ?? newest.heartbeat))).errorCode
  }

  leave(...members: { memberId?: string; instanceId?: string | null }[]) {
    const request: LeaveGroupRequest = {
      groupId: 'g',
      memberId: '',
      members: members.map(({ memberId = '', instanceId = null }) => ({
        memberId,
        groupInstanceId: instanceId,
        reason: null,
      })),
    }
    return this.coordinator.leaveGroup(request, this.context(newest.leave))
  }

  /** `offsets` by topic and partition. Resolves to the error codes in the same shape. */
  async commit(
    offsets: Readonly<Record<string, Readonly<Record<number, number>>>>,
    options: MemberOptions & { retentionMs?: number; metadata?: string | null } = {},
  ): Promise<Record<string, Record<number, number>>> {
    const version = options.version ?? newest.commit
    const request: OffsetCommitRequest = {
      groupId: options.groupId ?? 'g',
      generationIdOrMemberEpoch: options.generation ?? -1,
      memberId: options.memberId ?? '',
      groupInstanceId: options.instanceId ?? null,
      retentionTimeMs: options.retentionMs ?? -1,
      topics: Object.entries(offsets).map(([name, partitions]) => ({
        name: version >= 10 ? '' : name,
        topicId: version >= 10 ? (this.metadata.topicIdByName(name) ?? zeroUuid) : zeroUuid,
        partitions: Object.entries(partitions).map(([partition, committedOffset]) => ({
          partitionIndex: Number(partition),
          committedOffset,
          committedLeaderEpoch: 4,
          committedMetadata: options.metadata === undefined ? 'm' : options.metadata,
        })),
      })),
    }
    const response = await this.coordinator.commitOffsets(request, this.context(version))
    return Object.fromEntries(
      response.topics.map(({ name, topicId, partitions }) => [
        name || (this.metadata.topicNameById(topicId) ?? topicId),
        Object.fromEntries(partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])),
      ]),
    )
  }

  /** Committed offsets by topic and partition; all of the group without `topics`. An error code in place of what has one. */
  async offsets(
    groupId = 'g',
    topics: Readonly<Record<string, readonly number[]>> | null = null,
    { requireStable = false } = {},
  ): Promise<Record<string, Record<number, number | string>>> {
    const request: OffsetFetchRequest = {
      groupId: '',
      topics: [],
      requireStable,
      groups: [
        {
          groupId,
          memberId: null,
          memberEpoch: -1,
          topics:
            topics === null
              ? null
              : Object.entries(topics).map(([name, partitionIndexes]) => ({
                  name,
                  topicId: zeroUuid,
                  partitionIndexes,
                })),
        },
      ],
    }
    const response = await this.coordinator.fetchOffsets(request, this.context(newest.fetch))
    const [group] = response.groups
    if (group === undefined || group.errorCode !== 0) return { error: { 0: group?.errorCode ?? -1 } }
    return Object.fromEntries(
      group.topics.map(({ name, partitions }) => [
        name,
        Object.fromEntries(
          partitions.map(({ partitionIndex, committedOffset, errorCode }) => [
            partitionIndex,
            errorCode === 0 ? committedOffset : `error ${errorCode}`,
          ]),
        ),
      ]),
    )
  }

  async describe(groupId = 'g', version = newest.describe) {
    const request = { groups: [groupId], includeAuthorizedOperations: false }
    const { groups } = await this.coordinator.describeGroups(request, this.context(version))
    const [group] = groups
    if (group === undefined) throw new Error('no group in the answer')
    return group
  }

  async state(groupId = 'g'): Promise<string> {
    return (await this.describe(groupId)).groupState
  }

  deleteGroups(...groupsNames: string[]) {
    const request: DeleteGroupsRequest = { groupsNames }
    return this.coordinator.deleteGroups(request, this.context(2))
  }

  deleteOffsets(topics: Readonly<Record<string, readonly number[]>>, groupId = 'g') {
    const request: OffsetDeleteRequest = {
      groupId,
      topics: Object.entries(topics).map(([name, partitions]) => ({
        name,
        partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
      })),
    }
    return this.coordinator.deleteOffsets(request, this.context(0))
  }

  /** Takes `count` members through to a stable group, the first one its leader. Returns ids and generation. */
  async stable(count = 1, options: JoinOptions = {}): Promise<{ ids: string[]; generation: number }> {
    const joins = Array.from({ length: count }, () => this.join({ ...options, version: 3 }))
    await this.advance(6_100)
    const replies = joins.map(({ value }) => value as JoinGroupResponse)
    const ids = replies.map(({ memberId }) => memberId)
    const generation = replies[0]?.generationId ?? -1
    const assignments = Object.fromEntries(ids.map((id, index) => [id, assignment('orders', index)]))
    const leader = replies.find(({ members }) => members.length > 0)?.memberId as string
    const groupId = options.groupId ?? 'g'
    for (const memberId of ids) {
      this.sync({ groupId, memberId, generation, ...(memberId === leader ? { assignments } : {}) })
    }
    await flush()
    return { ids: [leader, ...ids.filter((id) => id !== leader)], generation }
  }

  /** Everything in a log, decoded. */
  records(log: MemoryLog = this.log): GroupRecord[] {
    return decodeSegment(log.segment)
  }

  context(apiVersion: number, clientId = 'client'): RequestContext {
    return { apiVersion, clientId, clientHost: '/127.0.0.1' }
  }

  #member(options: MemberOptions) {
    return {
      groupId: options.groupId ?? 'g',
      memberId: options.memberId ?? '',
      generationId: options.generation ?? 1,
      groupInstanceId: options.instanceId ?? null,
    }
  }
}

export function decodeSegment(segment: Buffer): GroupRecord[] {
  const records: GroupRecord[] = []
  for (const batch of batches(segment)) {
    if (batch.kind !== 'records') continue
    for (const { key, value } of batch.records()) {
      const entry = key === null ? undefined : decodeGroupEntry(key, value)
      if (entry !== undefined) records.push(entry)
    }
  }
  return records
}
