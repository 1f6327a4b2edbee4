/** What can be asked of a group shard, and what it answers. Versions of the wire protocol end at the facade. */
import type { Uuid } from '@millrace/base'
import type { TransactionMarker } from '../runtime/shard.ts'
import type { Turn } from '../runtime/turn.ts'
import type { GroupEntry } from './records.ts'

/** A protocol a member can work with, most wanted first. `metadata` means nothing to the coordinator but for consumers. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface JoinCommand {
  readonly kind: 'join'
  readonly groupId: string
  /** Empty for a new member. */
  readonly memberId: string
  readonly instanceId: string | null
  /** The id this member gets if it is new. */
  readonly newMemberId: string
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  /** The client understands MEMBER_ID_REQUIRED (version 4 and up). */
  readonly requireKnownMemberId: boolean
  /** The client understands skipAssignment (version 9 and up). */
  readonly canSkipAssignment: boolean
}

export interface SyncCommand {
  readonly kind: 'sync'
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly instanceId: string | null
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

export interface HeartbeatCommand {
  readonly kind: 'heartbeat'
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly instanceId: string | null
}

export interface LeaveCommand {
  readonly kind: 'leave'
  readonly groupId: string
  /** An empty member id with an instance id is an administrator removing a static member. */
  readonly members: readonly { readonly memberId: string; readonly instanceId: string | null }[]
}

export interface OffsetToCommit {
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

interface CommitTopics {
  readonly topics: readonly {
    readonly name: string
    readonly topicId: Uuid
    readonly partitions: readonly OffsetToCommit[]
  }[]
}

export interface CommitCommand extends CommitTopics {
  readonly kind: 'commit'
  readonly groupId: string
  /** -1 without group management. */
  readonly generationId: number
  readonly memberId: string
  readonly instanceId: string | null
  /** What a generation of a group that does not exist gets: it depends on the version. */
  readonly unknownGroupErrorCode: number
  /** Milliseconds until the offsets expire; -1 for the broker's retention. */
  readonly retentionMs: number
}

export interface TransactionalCommitCommand extends CommitTopics {
  readonly kind: 'transactionalCommit'
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly instanceId: string | null
  readonly producerId: number
  readonly producerEpoch: number
}

export interface EndTransactionCommand {
  readonly kind: 'endTransaction'
  readonly marker: TransactionMarker
}

/** Null asks for all offsets of the group. */
export type TopicsToFetch =
  | readonly { readonly name: string; readonly topicId: Uuid; readonly partitions: readonly number[] }[]
  | null

/** `requireStable`: waits for what is not committed yet, and reports partitions with a transactional commit under way. */
export interface FetchStableCommand {
  readonly kind: 'fetchStable'
  readonly groupId: string
  readonly topics: TopicsToFetch
}

export interface DeleteGroupCommand {
  readonly kind: 'deleteGroup'
  readonly groupId: string
}

export interface DeleteOffsetsCommand {
  readonly kind: 'deleteOffsets'
  readonly groupId: string
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[]
}

/** A topic that exists no more. Offsets that carry another topic id belong to a topic of the same name and stay. */
export interface DeletedTopic {
  readonly name: string
  /** Absent: whatever topic had the name. */
  readonly topicId?: Uuid | undefined
}

export interface ForgetTopicsCommand {
  readonly kind: 'forgetTopics'
  readonly topics: readonly DeletedTopic[]
}

/** The commands of timers. */
export type TimerCommand =
  | { readonly kind: 'sessionExpired'; readonly groupId: string; readonly memberId: string }
  | {
      readonly kind: 'initialJoinDue'
      readonly groupId: string
      readonly delayMs: number
      readonly remainingMs: number
    }
  | { readonly kind: 'joinDue'; readonly groupId: string }
  | { readonly kind: 'syncDue'; readonly groupId: string; readonly generation: number }
  | { readonly kind: 'expireOffsets' }

export type GroupCommand =
  | JoinCommand
  | SyncCommand
  | HeartbeatCommand
  | LeaveCommand
  | CommitCommand
  | TransactionalCommitCommand
  | EndTransactionCommand
  | FetchStableCommand
  | DeleteGroupCommand
  | DeleteOffsetsCommand
  | ForgetTopicsCommand
  | TimerCommand

export type GroupQuery =
  | { readonly kind: 'fetch'; readonly groupId: string; readonly topics: TopicsToFetch }
  | { readonly kind: 'describe'; readonly groupId: string }
  | { readonly kind: 'list' }

export interface JoinReply {
  readonly kind: 'join'
  readonly errorCode: number
  readonly memberId: string
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  /** For the leader: whom to assign to. */
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly metadata: Buffer
  }[]
}

export interface SyncReply {
  readonly kind: 'sync'
  readonly errorCode: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Buffer
}

export interface ErrorReply {
  readonly kind: 'error'
  readonly errorCode: number
}

export interface LeaveReply {
  readonly kind: 'leave'
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly errorCode: number
  }[]
}

export interface PartitionErrorsReply {
  readonly kind: 'partitionErrors'
  /** An error of the group as a whole; then there are no topics. */
  readonly errorCode: number
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[]
  }[]
}

export interface FetchReply {
  readonly kind: 'fetch'
  readonly topics: readonly {
    readonly name: string
    readonly topicId: Uuid
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly committedOffset: number
      readonly committedLeaderEpoch: number
      readonly metadata: string
      readonly errorCode: number
    }[]
  }[]
}

/** Kafka's names of the states of classic groups. */
export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export interface DescribeReply {
  readonly kind: 'describe'
  /** Undefined when there is no such classic group; `otherType` says whether there is one of another type. */
  readonly group:
    | {
        readonly state: ClassicState
        readonly protocolType: string
        readonly protocolData: string
        readonly members: readonly {
          readonly memberId: string
          readonly groupInstanceId: string | null
          readonly clientId: string
          readonly clientHost: string
          readonly memberMetadata: Buffer
          readonly memberAssignment: Buffer
        }[]
      }
    | undefined
  readonly isOtherType: boolean
}

/** Group types in Kafka's spelling. */
export type GroupType = 'classic' | 'consumer' | 'share' | 'streams'

export interface ListReply {
  readonly kind: 'list'
  readonly groups: readonly {
    readonly groupId: string
    readonly protocolType: string
    readonly groupState: string
    readonly groupType: GroupType
  }[]
}

export type GroupReply =
  | JoinReply
  | SyncReply
  | ErrorReply
  | LeaveReply
  | PartitionErrorsReply
  | FetchReply
  | DescribeReply
  | ListReply

/** A decision of a group shard under way. */
export type GroupTurn = Turn<GroupCommand, GroupEntry, GroupReply>
