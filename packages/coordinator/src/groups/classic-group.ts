/**
 * A classic consumer group in memory: members, generation, state, and who waits for what. It knows no time and no records;
 * the files beside it decide when it changes. Rules: kafka-reference, "Classic consumer groups".
 */
import { assert } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import type { Token } from '../runtime/shard.ts'
import { ClassicMember } from './classic-member.ts'
import type { ClassicState, JoinReply, MemberProtocol } from './commands.ts'
import type { StoredGroup } from './records.ts'
import { subscribedTopics } from './subscription.ts'

export class ClassicGroup {
  readonly groupId: string
  /** The record this group was last in accord with; undefined when there is none. */
  stored: StoredGroup | undefined
  /** Undefined until the first member joins: offsets may be committed without members. */
  protocolType: string | undefined
  protocol: string | null = null
  leaderId: string | null = null
  generation = 0
  /** The highest generation handed out, also if its record was lost since: it is never handed out twice. */
  highestGeneration = 0
  /** When the state last changed, wall clock; -1 when records do not tell. */
  stateTimestamp: number
  /** While preparing the first rebalance: someone new came, so that it waits longer. */
  newMemberAdded = false
  readonly members = new Map<string, ClassicMember>()
  /** Ids handed out with MEMBER_ID_REQUIRED, not used yet. */
  readonly pendingMembers = new Set<string>()
  /** Members that have the answer to JoinGroup and have not sent SyncGroup yet. */
  readonly pendingSync = new Set<string>()
  #state: ClassicState = 'Empty'
  #previousState: ClassicState = 'Empty'
  readonly #staticMembers = new Map<string, string>()
  /** How many members support each protocol. */
  readonly #supporters = new Map<string, number>()
  #awaitingJoinCount = 0
  #topics: ReadonlySet<string> | undefined

  constructor(groupId: string, now: number) {
    this.groupId = groupId
    this.stateTimestamp = now
  }

  static fromStored(groupId: string, stored: StoredGroup): ClassicGroup {
    const group = new ClassicGroup(groupId, stored.currentStateTimestamp)
    group.stored = stored
    group.protocolType = stored.protocolType === '' ? undefined : stored.protocolType
    group.protocol = stored.protocol
    group.generation = stored.generation
    group.highestGeneration = stored.generation
    for (const member of stored.members) {
      // What others wrote is not trusted to name everybody once.
      if (!group.members.has(member.memberId)) group.add(ClassicMember.fromStored(member, stored.protocol))
    }
    group.leaderId = stored.leader
    group.#state = stored.members.length === 0 ? 'Empty' : 'Stable'
    group.#computeTopics()
    return group
  }

  get state(): ClassicState {
    return this.#state
  }

  /** The first rebalance of a group without members is under way: it takes its time. */
  get isInitialRebalance(): boolean {
    return this.#state === 'PreparingRebalance' && this.#previousState === 'Empty'
  }

  get awaitingJoinCount(): number {
    return this.#awaitingJoinCount
  }

  get hasAllMembersJoined(): boolean {
    return this.#awaitingJoinCount === this.members.size && this.pendingMembers.size === 0
  }

  /** The longest that any member wants to be waited for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  /** Nothing in it is worth keeping: neither members, nor ids handed out, nor a record. */
  get isForgettable(): boolean {
    return this.#state === 'Empty' && this.pendingMembers.size === 0 && this.stored === undefined
  }

  transition(state: ClassicState, now: number): void {
    this.#previousState = this.#state
    this.#state = state
    this.stateTimestamp = now
  }

  member(memberId: string): ClassicMember | undefined {
    return this.members.get(memberId)
  }

  /** The member id an instance id is mapped to. */
  staticMemberId(instanceId: string): string | undefined {
    return this.#staticMembers.get(instanceId)
  }

  add(member: ClassicMember): void {
    assert(!this.members.has(member.memberId), `group ${this.groupId} has member ${member.memberId} already`)
    this.members.set(member.memberId, member)
    this.pendingMembers.delete(member.memberId)
    if (member.instanceId !== null) this.#staticMembers.set(member.instanceId, member.memberId)
    this.leaderId ??= member.memberId
    this.#count(member, 1)
  }

  /** Removes a member or pending member. The caller answers what it waits for. */
  remove(memberId: string): ClassicMember | undefined {
    this.pendingMembers.delete(memberId)
    this.pendingSync.delete(memberId)
    const member = this.members.get(memberId)
    if (member === undefined) return undefined
    this.members.delete(memberId)
    this.#count(member, -1)
    if (member.joinToken !== undefined) this.#awaitingJoinCount--
    if (member.instanceId !== null) this.#staticMembers.delete(member.instanceId)
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null
    return member
  }

  /** Gives a static member a new id. The caller answers what the old one waits for. */
  replaceStatic(instanceId: string, newMemberId: string): { old: ClassicMember; member: ClassicMember } {
    const oldId = this.#staticMembers.get(instanceId)
    const isLeader = this.leaderId === oldId
    const old = oldId === undefined ? undefined : this.remove(oldId)
    assert(old !== undefined, `group ${this.groupId} has no static member ${instanceId}`)
    const member = new ClassicMember({ ...old, instanceId, memberId: newMemberId })
    member.assignment = old.assignment
    this.add(member)
    if (isLeader) this.leaderId = newMemberId
    return { old, member }
  }

  /** What a member says when it joins again. */
  update(
    member: ClassicMember,
    facts: Pick<ClassicMember, 'protocols' | 'rebalanceTimeoutMs' | 'sessionTimeoutMs'>,
  ): void {
    this.#count(member, -1)
    member.protocols = facts.protocols
    member.rebalanceTimeoutMs = facts.rebalanceTimeoutMs
    member.sessionTimeoutMs = facts.sessionTimeoutMs
    this.#count(member, 1)
  }

  /** Parks a JoinGroup; returns the one it takes the place of. */
  awaitJoin(member: ClassicMember, token: Token): Token | undefined {
    const earlier = member.joinToken
    if (earlier === undefined) this.#awaitingJoinCount++
    member.joinToken = token
    return earlier
  }

  /** Takes the parked JoinGroup of a member out, to answer it. */
  takeJoin(member: ClassicMember): Token | undefined {
    const token = member.joinToken
    if (token !== undefined) this.#awaitingJoinCount--
    member.joinToken = undefined
    return token
  }

  /** Instance id first, then member id: kafka-reference, "fencing precedence". */
  validateMember(memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const known = this.#staticMembers.get(instanceId)
      if (known === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
      if (known !== memberId) return ErrorCode.FENCED_INSTANCE_ID
    }
    return this.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
  }

  /** Whether someone with these protocols can be a member beside those that are there. */
  supportsProtocols(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.#state === 'Empty') return protocolType !== '' && protocols.length > 0
    if (protocolType !== this.protocolType) return false
    return protocols.some(({ name }) => (this.#supporters.get(name) ?? 0) === this.members.size)
  }

  /** The protocol with most votes among those that all members support; each votes for the first it can. */
  selectProtocol(): string {
    const candidates = new Set<string>()
    for (const [name, count] of this.#supporters) if (count === this.members.size) candidates.add(name)
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const vote = member.vote(candidates)
      if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1)
    }
    let selected: string | undefined
    for (const [name, count] of votes) {
      if (selected === undefined || count > (votes.get(selected) as number)) selected = name
    }
    assert(selected !== undefined, `the members of group ${this.groupId} have no protocol in common`)
    return selected
  }

  /** Makes a member that has rejoined the leader, preferring the present one; false when nobody has rejoined. */
  electJoinedLeader(): boolean {
    if (this.leaderId === null) return false
    if (this.members.get(this.leaderId)?.joinToken !== undefined) return true
    for (const member of this.members.values()) {
      if (member.joinToken === undefined) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  /** Starts the generation of those who are members now. */
  nextGeneration(now: number): void {
    this.generation = Math.max(this.generation, this.highestGeneration) + 1
    this.highestGeneration = this.generation
    this.protocol = this.members.size === 0 ? null : this.selectProtocol()
    this.transition(this.members.size === 0 ? 'Empty' : 'CompletingRebalance', now)
    this.pendingSync.clear()
    this.#computeTopics()
  }

  /** What JoinGroup answers to `memberId` in this generation; only the leader gets the members. */
  joinReply(
    memberId: string,
    { leader = this.leaderId ?? '', skipAssignment = false, withMembers = true } = {},
  ): JoinReply {
    const isLeader = withMembers && this.leaderId === memberId
    return {
      kind: 'join',
      errorCode: ErrorCode.NONE,
      memberId,
      generationId: this.generation,
      protocolType: this.protocolType ?? null,
      protocolName: this.protocol,
      leader,
      skipAssignment,
      members: isLeader ? this.#joinMembers() : [],
    }
  }

  /** The group's record, with the present assignments or those that the leader gives. */
  toStored(assignmentOf = (member: ClassicMember): Buffer => member.assignment): StoredGroup {
    return {
      protocolType: this.protocolType ?? '',
      generation: this.generation,
      protocol: this.protocol,
      leader: this.leaderId,
      currentStateTimestamp: this.stateTimestamp,
      members: [...this.members.values()].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.sessionTimeoutMs,
        subscription: member.metadataFor(this.protocol),
        assignment: assignmentOf(member),
      })),
    }
  }

  /** A record of this group was written: the assignment it carries is that of the generation, which is stable with it. */
  adopt(stored: StoredGroup): void {
    this.stored = stored
    if (this.#state !== 'CompletingRebalance' || stored.generation !== this.generation) return
    for (const { memberId, assignment } of stored.members) {
      const member = this.members.get(memberId)
      if (member !== undefined) member.assignment = assignment
    }
    this.transition('Stable', stored.currentStateTimestamp)
  }

  /** Members of type `consumer` use the consumer protocol: their metadata says what they subscribe to. */
  get usesConsumerProtocol(): boolean {
    return this.protocolType === 'consumer'
  }

  /** The topics of all subscriptions; undefined when they cannot be known. */
  get topics(): ReadonlySet<string> | undefined {
    return this.#topics
  }

  /** Whether offsets of the topic are in use. Not knowing what consumers subscribe to counts as yes. */
  isSubscribedTo(topic: string): boolean {
    return this.#topics?.has(topic) ?? this.usesConsumerProtocol
  }

  #joinMembers(): JoinReply['members'] {
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      metadata: member.metadataFor(this.protocol),
    }))
  }

  #count(member: ClassicMember, change: 1 | -1): void {
    // A name that a member lists twice counts once.
    for (const name of new Set(member.protocols.map((protocol) => protocol.name))) {
      const count = (this.#supporters.get(name) ?? 0) + change
      if (count === 0) this.#supporters.delete(name)
      else this.#supporters.set(name, count)
    }
  }

  #computeTopics(): void {
    if (this.protocolType === undefined) this.#topics = undefined
    else if (this.members.size === 0) this.#topics = new Set()
    else if (!this.usesConsumerProtocol || this.protocol === null) this.#topics = undefined
    else this.#topics = subscribedTopics([...this.members.values()].map((member) => member.metadataFor(this.protocol)))
  }
}
