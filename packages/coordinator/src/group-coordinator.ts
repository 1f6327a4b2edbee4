/** The group coordinator of one broker: one method per API, over the shards of the partitions this broker leads. */
import type { Clock, Logger, Random } from '@millrace/base'
import {
  coordinatorPartition,
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  ErrorCode,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  type ListGroupsRequest,
  type ListGroupsResponse,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
  type SyncGroupRequest,
  type SyncGroupResponse,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponse,
} from '@millrace/protocol'
import type { DeletedTopic, GroupCommand, GroupQuery, GroupReply } from './groups/commands.ts'
import { defaultGroupConfig, type GroupConfig } from './groups/config.ts'
import { describedGroup, describeError, groupFilter } from './groups/describe-response.ts'
import { groupShard } from './groups/group-shard.ts'
import type { GroupState } from './groups/group-state.ts'
import type { GroupEntry } from './groups/records.ts'
import {
  isWritable,
  joinCommand,
  joinError,
  joinResponse,
  leaveCommand,
  leaveResponse,
  type RequestContext,
  syncCommand,
  syncError,
} from './groups/requests.ts'
import type { MetadataView } from './metadata-view.ts'
import { CommitRequest } from './offsets/commit-request.ts'
import { deleteOffsetsResponse, splitKnownTopics } from './offsets/delete-request.ts'
import { type FetchedGroup, fetchResponse, type GroupToFetch, groupsToFetch } from './offsets/fetch-request.ts'
import { commitErrorCode, groupErrorCode, replyOf } from './request-errors.ts'
import type { PartitionLog } from './runtime/partition-log.ts'
import type { Outcome, TransactionMarker } from './runtime/shard.ts'
import { ShardRuntime } from './runtime/shard-runtime.ts'

const offsetsTopic = '__consumer_offsets'

export interface GroupCoordinatorOptions {
  /** Settings that differ from Kafka's defaults. */
  readonly config?: Partial<GroupConfig>
  readonly metadata: MetadataView
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/**
 * Classic consumer groups and committed offsets, kept in `__consumer_offsets` exactly as Apache Kafka 4.3.1 keeps them. Every
 * method takes a decoded request body and resolves to the response body; errors are codes in it, and nothing rejects but for
 * a bug. Requests are authorized by the caller, who also leaves out topics that the client may not see.
 */
export class GroupCoordinator {
  readonly #config: GroupConfig
  readonly #metadata: MetadataView
  readonly #random: Random
  readonly #logger: Logger
  readonly #runtime: ShardRuntime<GroupState, GroupCommand, GroupQuery, GroupEntry, GroupReply>
  /** Topics deleted while a partition was loading: done when it is loaded. */
  readonly #deletedWhileLoading = new Map<number, DeletedTopic[]>()

  constructor({ config, metadata, clock, random, logger }: GroupCoordinatorOptions) {
    this.#config = { ...defaultGroupConfig, ...config }
    this.#metadata = metadata
    this.#random = random
    this.#logger = logger
    this.#runtime = new ShardRuntime(groupShard(this.#config), {
      clock,
      logger,
      topic: offsetsTopic,
      loadSizeMax: this.#config.loadSizeMax,
    })
  }

  /** The partition of `__consumer_offsets` whose leader coordinates the group. */
  partitionFor(groupId: string): number {
    return coordinatorPartition(groupId, this.#metadata.partitionCount(offsetsTopic) ?? this.#config.partitionCount)
  }

  /** This broker became leader of a partition. Resolves when its groups are served; requests until then get 14. */
  async onElection(partition: number, leaderEpoch: number, log: PartitionLog): Promise<void> {
    await this.#runtime.load(partition, leaderEpoch, log)
    const topics = this.#deletedWhileLoading.get(partition)
    this.#deletedWhileLoading.delete(partition)
    if (topics !== undefined) await this.#forget(partition, topics)
  }

  /** Another broker leads the partition, as of `leaderEpoch`, or nobody does. Waiting requests get NOT_COORDINATOR. */
  onResignation(partition: number, leaderEpoch?: number): void {
    this.#deletedWhileLoading.delete(partition)
    this.#runtime.unload(partition, leaderEpoch)
  }

  /** Deletes the offsets of topics that are gone. Resolves when that is written, as far as it can be. */
  async onTopicsDeleted(topics: readonly DeletedTopic[]): Promise<void> {
    const done: Promise<void>[] = []
    for (const { partition, state } of this.#runtime.partitions()) {
      if (state === 'active') done.push(this.#forget(partition, topics))
      if (state === 'loading') {
        this.#deletedWhileLoading.set(partition, [...(this.#deletedWhileLoading.get(partition) ?? []), ...topics])
      }
    }
    await Promise.all(done)
  }

  async joinGroup(request: JoinGroupRequest, context: RequestContext): Promise<JoinGroupResponse> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const { sessionTimeoutMinMs, sessionTimeoutMaxMs } = this.#config
    if (groupId === '') return joinError(memberId, ErrorCode.INVALID_GROUP_ID, context)
    if (sessionTimeoutMs < sessionTimeoutMinMs || sessionTimeoutMs > sessionTimeoutMaxMs) {
      return joinError(memberId, ErrorCode.INVALID_SESSION_TIMEOUT, context)
    }
    const command = joinCommand(request, context, this.#random)
    if (!isWritable(command)) return joinError(memberId, ErrorCode.INVALID_REQUEST, context)
    const reply = replyOf(await this.#write(groupId, command), 'join')
    if (typeof reply === 'number') return joinError(memberId, groupErrorCode(reply), context)
    return joinResponse(reply, context)
  }

  async syncGroup(request: SyncGroupRequest, _context: RequestContext): Promise<SyncGroupResponse> {
    if (request.groupId === '') return syncError(ErrorCode.INVALID_GROUP_ID)
    const reply = replyOf(await this.#write(request.groupId, syncCommand(request)), 'sync')
    if (typeof reply === 'number') return syncError(groupErrorCode(reply))
    const { errorCode, protocolType, protocolName, assignment } = reply
    return { throttleTimeMs: 0, errorCode, protocolType, protocolName, assignment }
  }

  async heartbeat(request: HeartbeatRequest, _context: RequestContext): Promise<HeartbeatResponse> {
    const { groupId, memberId, generationId, groupInstanceId } = request
    if (groupId === '') return { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_GROUP_ID }
    const command = { kind: 'heartbeat', groupId, memberId, generationId, instanceId: groupInstanceId } as const
    const reply = replyOf(await this.#write(groupId, command), 'error')
    return { throttleTimeMs: 0, errorCode: typeof reply === 'number' ? groupErrorCode(reply) : reply.errorCode }
  }

  async leaveGroup(request: LeaveGroupRequest, context: RequestContext): Promise<LeaveGroupResponse> {
    const failed = (errorCode: number) => ({ throttleTimeMs: 0, errorCode, members: [] })
    if (request.groupId === '') return failed(ErrorCode.INVALID_GROUP_ID)
    const reply = replyOf(await this.#write(request.groupId, leaveCommand(request, context)), 'leave')
    return typeof reply === 'number' ? failed(groupErrorCode(reply)) : leaveResponse(reply.members, context)
  }

  async commitOffsets(request: OffsetCommitRequest, { apiVersion }: RequestContext): Promise<OffsetCommitResponse> {
    const commit = CommitRequest.of(request, apiVersion, this.#metadata)
    if (commit.isSettled) return commit.response()
    const outcome = await this.#write(request.groupId, commit.command(request, apiVersion))
    const reply = replyOf(outcome, 'partitionErrors')
    commit.settle(typeof reply === 'number' ? commitErrorCode(reply) : reply)
    return commit.response()
  }

  /** Offsets that take effect with the producer's transaction; the log verifies the producer. */
  async commitTransactionalOffsets(
    request: TxnOffsetCommitRequest,
    _context: RequestContext,
  ): Promise<TxnOffsetCommitResponse> {
    const commit = CommitRequest.ofTransaction(request, this.#metadata)
    if (commit.isSettled) return commit.transactionalResponse()
    if (request.groupId === '') {
      commit.settle(ErrorCode.INVALID_GROUP_ID)
      return commit.transactionalResponse()
    }
    const outcome = await this.#write(request.groupId, commit.transactionalCommand(request))
    const reply = replyOf(outcome, 'partitionErrors')
    commit.settle(typeof reply === 'number' ? commitErrorCode(reply) : reply)
    return commit.transactionalResponse()
  }

  /** Writes the marker that ends a producer's transaction in `partition`; resolves to an error code when it is committed. */
  async completeTransaction(partition: number, marker: TransactionMarker): Promise<number> {
    const command = { kind: 'endTransaction', marker } as const
    const reply = replyOf(await this.#runtime.write(partition, command, this.#config.offsetCommitTimeoutMs), 'error')
    return typeof reply === 'number' ? reply : reply.errorCode
  }

  async fetchOffsets(request: OffsetFetchRequest, { apiVersion }: RequestContext): Promise<OffsetFetchResponse> {
    const groups = groupsToFetch(request, apiVersion, this.#metadata)
    const answers = await Promise.all(groups.map((group) => this.#fetchGroup(group, request.requireStable)))
    return fetchResponse(groups, answers, apiVersion, this.#metadata)
  }

  async describeGroups(request: DescribeGroupsRequest, context: RequestContext): Promise<DescribeGroupsResponse> {
    const groups = request.groups.map((groupId) => {
      const outcome = this.#runtime.read(this.partitionFor(groupId), { kind: 'describe', groupId })
      const reply = replyOf(outcome, 'describe')
      if (typeof reply === 'number') return describeError(groupId, groupErrorCode(reply))
      return describedGroup(groupId, reply, context.apiVersion)
    })
    return { throttleTimeMs: 0, groups }
  }

  /** The groups of all partitions led here. While one of them loads, the answer is 14: it would be incomplete. */
  async listGroups(request: ListGroupsRequest, _context: RequestContext): Promise<ListGroupsResponse> {
    const groups: ListGroupsResponse['groups'][number][] = []
    const isWanted = groupFilter(request)
    for (const { partition } of this.#runtime.partitions()) {
      const reply = replyOf(this.#runtime.read(partition, { kind: 'list' }), 'list')
      if (reply === ErrorCode.NOT_COORDINATOR) continue
      if (typeof reply === 'number') return { throttleTimeMs: 0, errorCode: reply, groups: [] }
      groups.push(...reply.groups.filter(isWanted))
    }
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, groups }
  }

  /** Each group by itself: one that cannot be deleted, or is too large for a batch, does not hinder the others. */
  async deleteGroups(request: DeleteGroupsRequest, _context: RequestContext): Promise<DeleteGroupsResponse> {
    const results = await Promise.all(request.groupsNames.map((groupId) => this.#deleteGroup(groupId)))
    return { throttleTimeMs: 0, results }
  }

  async deleteOffsets(request: OffsetDeleteRequest, _context: RequestContext): Promise<OffsetDeleteResponse> {
    const { groupId } = request
    const failed = (errorCode: number) => ({ throttleTimeMs: 0, errorCode, topics: [] })
    if (groupId === '') return failed(ErrorCode.INVALID_GROUP_ID)
    const { known, unknown } = splitKnownTopics(request, this.#metadata)
    if (known.length === 0 && unknown.length > 0) return deleteOffsetsResponse([], unknown)
    const reply = replyOf(
      await this.#write(groupId, { kind: 'deleteOffsets', groupId, topics: known }),
      'partitionErrors',
    )
    if (typeof reply === 'number') return failed(groupErrorCode(reply))
    if (reply.errorCode !== ErrorCode.NONE) return failed(reply.errorCode)
    return deleteOffsetsResponse(reply.topics, unknown)
  }

  /** Requests that wait for other members or for a commit. */
  get parkedCount(): number {
    return this.#runtime.parkedCount
  }

  /** What the shard of a partition has from records: for diagnostics. */
  inspect(partition: number): unknown {
    return this.#runtime.inspect(partition)
  }

  /** Fails what waits, and stops all timers. */
  close(): void {
    this.#runtime.close()
  }

  #write(groupId: string, command: GroupCommand): Promise<Outcome<GroupReply>> {
    return this.#runtime.write(this.partitionFor(groupId), command, this.#config.offsetCommitTimeoutMs)
  }

  async #forget(partition: number, topics: readonly DeletedTopic[]): Promise<void> {
    const command = { kind: 'forgetTopics', topics } as const
    const outcome = await this.#runtime.write(partition, command, this.#config.offsetCommitTimeoutMs)
    if (outcome.kind === 'reply') return
    const { errorCode } = outcome
    this.#logger.warn('offsets of deleted topics were not deleted', { partition, topics, errorCode })
  }

  async #fetchGroup({ groupId, topics }: GroupToFetch, requireStable: boolean): Promise<FetchedGroup> {
    const outcome = requireStable
      ? await this.#write(groupId, { kind: 'fetchStable', groupId, topics })
      : this.#runtime.read(this.partitionFor(groupId), { kind: 'fetch', groupId, topics })
    const reply = replyOf(outcome, 'fetch')
    return typeof reply === 'number' ? groupErrorCode(reply) : reply
  }

  async #deleteGroup(groupId: string): Promise<DeleteGroupsResponse['results'][number]> {
    const reply = replyOf(await this.#write(groupId, { kind: 'deleteGroup', groupId }), 'error')
    return { groupId, errorCode: typeof reply === 'number' ? groupErrorCode(reply) : reply.errorCode }
  }
}
