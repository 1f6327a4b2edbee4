/**
 * A classic consumer group of the scripted cluster (reference section 2.13): joins, assignments, offsets. Sessions time out only when
 * a test says so.
 */
import type { Clock, Timer } from '@millrace/base'
import {
  type ConsumerProtocolSubscription,
  decodeConsumerSubscription,
  ErrorCode,
  type JoinGroupRequest,
  type SyncGroupRequest,
} from '@millrace/protocol'

interface Member {
  readonly id: string
  instanceId: string | null
  /** What it offered when it joined last; the metadata is its subscription. */
  protocols: JoinGroupRequest['protocols']
  rebalanceTimeoutMs: number
  assignment: Buffer
  heardAtMs: number
  /** Answers its JoinGroup; undefined while it is not joining. */
  join: ((answer: JoinAnswer) => void) | undefined
}

export interface JoinAnswer {
  readonly errorCode: number
  readonly generationId?: number
  readonly protocolName?: string | null
  readonly leader?: string
  readonly memberId: string
  readonly members?: { memberId: string; groupInstanceId: string | null; metadata: Buffer }[]
}

export interface SyncAnswer {
  readonly errorCode: number
  readonly assignment: Buffer
}

export interface CommittedOffset {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

const nothing = Buffer.alloc(0)

export class ScriptedGroup {
  readonly id: string
  state: 'empty' | 'preparing' | 'completing' | 'stable' = 'empty'
  generation = 0
  readonly members = new Map<string, Member>()
  /** By `topic-partition`. */
  readonly offsets = new Map<string, CommittedOffset>()
  /** How long the first members are waited for. */
  joinDelayMs = 20
  readonly #clock: Clock
  readonly #pendingIds = new Set<string>()
  readonly #waitingForSync: (() => void)[] = []
  #leaderId = ''
  #protocol = ''
  #timer: Timer | undefined
  #memberCount = 0

  constructor(id: string, clock: Clock) {
    this.id = id
    this.#clock = clock
  }

  join(request: JoinGroupRequest, version: number): Promise<JoinAnswer> | JoinAnswer {
    let { memberId } = request
    if (memberId === '') {
      memberId = `${request.groupInstanceId ?? 'member'}-${++this.#memberCount}`
      if (version >= 4 && request.groupInstanceId === null) {
        this.#pendingIds.add(memberId)
        return { errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId }
      }
    } else if (!this.members.has(memberId) && !this.#pendingIds.delete(memberId)) {
      return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId }
    }
    if (!this.#hasCommonProtocol(memberId, request.protocols)) {
      return { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId }
    }
    return new Promise((resolve) => {
      const known = this.members.get(memberId)
      this.members.set(memberId, {
        id: memberId,
        instanceId: request.groupInstanceId,
        protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
        rebalanceTimeoutMs: request.rebalanceTimeoutMs,
        assignment: known?.assignment ?? nothing,
        heardAtMs: this.#clock.monotonic(),
        join: resolve,
      })
      this.#prepare(this.state === 'empty')
      this.#finishWhenAllJoined()
    })
  }

  sync(request: SyncGroupRequest): Promise<SyncAnswer> | SyncAnswer {
    const errorCode = this.check(request.memberId, request.generationId)
    if (errorCode !== ErrorCode.NONE) return { errorCode, assignment: nothing }
    if (this.state === 'preparing') return { errorCode: ErrorCode.REBALANCE_IN_PROGRESS, assignment: nothing }
    if (request.memberId === this.#leaderId && this.state === 'completing') {
      for (const { memberId, assignment } of request.assignments) {
        const member = this.members.get(memberId)
        if (member !== undefined) member.assignment = Buffer.from(assignment)
      }
      this.state = 'stable'
      for (const answer of this.#waitingForSync.splice(0)) answer()
    }
    const answer = (): SyncAnswer => {
      if (this.state !== 'stable') return { errorCode: ErrorCode.REBALANCE_IN_PROGRESS, assignment: nothing }
      return { errorCode: ErrorCode.NONE, assignment: this.members.get(request.memberId)?.assignment ?? nothing }
    }
    if (this.state === 'stable') return answer()
    return new Promise((resolve) => {
      this.#waitingForSync.push(() => resolve(answer()))
    })
  }

  heartbeat(memberId: string, generation: number): number {
    const errorCode = this.check(memberId, generation)
    if (errorCode !== ErrorCode.NONE) return errorCode
    const member = this.members.get(memberId)
    if (member !== undefined) member.heardAtMs = this.#clock.monotonic()
    return this.state === 'preparing' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
  }

  leave(memberId: string): number {
    const member = this.members.get(memberId)
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    this.members.delete(memberId)
    member.join?.({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId })
    if (this.members.size === 0) this.#becomeEmpty()
    else {
      this.#prepare(false)
      this.#finishWhenAllJoined()
    }
    return ErrorCode.NONE
  }

  /** What a member said when it joined last, in the layout of its first protocol. */
  subscription(memberId: string): ConsumerProtocolSubscription | undefined {
    const metadata = this.members.get(memberId)?.protocols[0]?.metadata
    return metadata === undefined ? undefined : decodeConsumerSubscription(metadata).data
  }

  /** Removes a member without its knowing, as after a session timeout. */
  expel(memberId: string): void {
    this.leave(memberId)
  }

  /** Removes those that neither wait for a join nor were heard of for so long. */
  expelSilent(sessionTimeoutMs: number): void {
    const endMs = this.#clock.monotonic() - sessionTimeoutMs
    for (const { id, join, heardAtMs } of [...this.members.values()]) {
      if (join === undefined && heardAtMs < endMs) this.expel(id)
    }
  }

  /** Starts a rebalance without a reason. */
  rebalance(): void {
    this.#prepare(false)
  }

  /** The error of a request that names member and generation. */
  check(memberId: string, generation: number): number {
    if (!this.members.has(memberId)) return ErrorCode.UNKNOWN_MEMBER_ID
    return generation === this.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
  }

  /** Whether some protocol is offered by all members and by a request of this one. */
  #hasCommonProtocol(memberId: string, protocols: JoinGroupRequest['protocols']): boolean {
    const others = [...this.members.values()].filter(({ id }) => id !== memberId)
    return protocols.some(({ name }) => others.every((each) => each.protocols.some((other) => other.name === name)))
  }

  #becomeEmpty(): void {
    this.state = 'empty'
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #prepare(isFirst: boolean): void {
    if (this.state === 'preparing') return
    this.state = 'preparing'
    for (const answer of this.#waitingForSync.splice(0)) answer()
    const waitMs = isFirst ? this.joinDelayMs : Math.max(...[...this.members.values()].map((m) => m.rebalanceTimeoutMs))
    this.#timer?.cancel()
    this.#timer = this.#clock.schedule(waitMs, () => this.#complete())
    this.#isFirstRound = isFirst
  }

  #isFirstRound = false

  #finishWhenAllJoined(): void {
    if (this.#isFirstRound) return
    if ([...this.members.values()].every((member) => member.join !== undefined)) this.#complete()
  }

  #complete(): void {
    if (this.state !== 'preparing') return
    this.#timer?.cancel()
    this.#isFirstRound = false
    for (const member of [...this.members.values()]) if (member.join === undefined) this.members.delete(member.id)
    if (this.members.size === 0) {
      this.#becomeEmpty()
      return
    }
    this.generation++
    this.state = 'completing'
    const all = [...this.members.values()]
    this.#leaderId = (all[0] as Member).id
    this.#protocol =
      all[0]?.protocols.find(({ name }) => all.every((each) => each.protocols.some((other) => other.name === name)))
        ?.name ?? ''
    for (const member of all) this.#answerJoin(member, all)
  }

  #answerJoin(member: Member, all: readonly Member[]): void {
    const isLeader = member.id === this.#leaderId
    const answer = member.join
    member.join = undefined
    answer?.({
      errorCode: ErrorCode.NONE,
      generationId: this.generation,
      protocolName: this.#protocol,
      leader: this.#leaderId,
      memberId: member.id,
      members: isLeader
        ? all.map(({ id, instanceId, protocols }) => ({
            memberId: id,
            groupInstanceId: instanceId,
            metadata: protocols.find(({ name }) => name === this.#protocol)?.metadata ?? nothing,
          }))
        : [],
    })
  }
}
