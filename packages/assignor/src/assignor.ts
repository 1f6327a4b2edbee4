/** What an assignor is: who may read what goes in, who reads what comes out. */

/** A topic as an assignor sees it. */
export interface AssignableTopic {
  readonly partitionCount: number
  /** Racks of the replicas of each partition, by partition index; left out when racks are unknown. */
  readonly racks?: readonly (readonly string[])[] | undefined
}

/** Partitions of topics, by topic name; partition indexes ascend. */
export type TopicPartitions = ReadonlyMap<string, readonly number[]>

/** A member of a group, as it said when it joined. */
export interface AssignableMember {
  readonly memberId: string
  /** `group.instance.id` of a static member. */
  readonly instanceId?: string | null | undefined
  readonly rackId?: string | null | undefined
  /** Names of the topics it subscribes to; they need not exist. */
  readonly topics: readonly string[]
  /** What the member says it has. It may say anything: partitions that do not exist, or that others say they have. */
  readonly ownedPartitions?: TopicPartitions | undefined
  /** The generation of the group in which it got them; -1 or absent: unknown. */
  readonly generationId?: number | undefined
  /** The user data of its subscription: what {@link Assignor.subscriptionUserData} gave on its side, or anything else. */
  readonly userData?: Buffer | null | undefined
}

/** What an assignor decides from. */
export interface AssignmentInput {
  /** The topics that exist, by name. */
  readonly topics: ReadonlyMap<string, AssignableTopic>
  readonly members: readonly AssignableMember[]
}

/** What each member is to read, by member id. Every member is there, also one that gets nothing. */
export type GroupAssignment = ReadonlyMap<string, TopicPartitions>

/**
 * How a rebalance goes. `eager`: everyone gives up all partitions before joining; `cooperative`: only what moves is given up, in
 * a second rebalance.
 */
export type RebalanceProtocol = 'eager' | 'cooperative'

/** A way to share partitions among the members of a group. Pure: no clock, no randomness, nothing remembered. */
export interface Assignor {
  /** The name in JoinGroup. All members of a group must have one name in common. */
  readonly name: string
  readonly protocol: RebalanceProtocol
  /** The same input gives the same answer, in whatever order the members come. */
  assign(input: AssignmentInput): GroupAssignment
  /**
   * The user data for the subscription of a member: bytes for the assignor of the member that leads the group. `assigned` is what the
   * member was last assigned, in generation `generationId`; an empty map and -1 before the first assignment.
   */
  subscriptionUserData?(assigned: TopicPartitions, generationId: number): Buffer | null
}
