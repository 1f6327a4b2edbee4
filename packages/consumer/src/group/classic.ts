/**
 * Membership in a classic group (reference section 2.13): joins, stays with heartbeats, joins again for a rebalance, leaves.
 *
 *     eager:        joining -> stable -> (rebalance) giving everything up -> joining
 *     cooperative:  joining -> stable -> (rebalance) joining
 *                      +-> giving up what went to others -> joining
 *     both:         (fenced, expelled, not heard of) lost -> joining
 *
 * Heartbeats do not wait for user code: they go on while partitions are given up, and, where partitions are kept meanwhile, also
 * while joining.
 */
import { type Deferred, deferred, type Timer } from '@millrace/base'
import {
  backoffMs,
  brokerError,
  type Cluster,
  MillraceError,
  remedyForCode,
  remedyForError,
  toMillraceError,
} from '@millrace/client'
import { ErrorCode, Heartbeat, JoinGroup, type JoinGroupResponse, SyncGroup } from '@millrace/protocol'
import type { TopicPartition } from '../events.ts'
import type { MemberIdentity } from '../group-offsets.ts'
import type { ResolvedSettings } from '../options.ts'
import { encodeSubscription, readAssignment } from './assignment.ts'
import { GroupRequests } from './group-requests.ts'
import { Leader } from './leader.ts'
import { Ownership } from './ownership.ts'

/** What a group does to the consumer. */
export interface GroupHost {
  /** An assignment has come: these are this member's now, beside those that it had. */
  onAssigned(added: readonly TopicPartition[]): void
  /**
   * Gives partitions up in order: user code finishes them, offsets are committed. Ends within `limitMs`. False: user code still has
   * some of them, and they are not given up.
   */
  onRevoke(partitions: readonly TopicPartition[], limitMs: number): Promise<boolean>
  /** All partitions are gone, at once. Resolves when listeners are done. */
  onLost(): Promise<void>
  onStalled(during: 'join' | 'heartbeat', error: MillraceError): void
  /** User code has to know; the membership goes on. */
  onError(error: MillraceError): void
  /** The member cannot be in the group; it is over. */
  onFatal(error: MillraceError): void
  /** For how long user code has had its message; 0 when it has none. */
  processingMs(): number
}

/** How often the coordinator may send a member back before it waits. */
const quickTriesMax = 5
const heartbeatTimeoutMinMs = 1000

/** How far giving up has come. `late`: time ran out before user code was done. */
type GivingUp = 'no' | 'under way' | 'done' | 'late'

/** Codes after which this member is no member, or not in this generation, any more. */
function isExpelled(code: number): boolean {
  return code === ErrorCode.UNKNOWN_MEMBER_ID || code === ErrorCode.ILLEGAL_GENERATION
}

export class ClassicGroup {
  readonly #cluster: Cluster
  readonly #settings: ResolvedSettings
  readonly #group: string
  readonly #host: GroupHost
  readonly #requests: GroupRequests
  readonly #leader: Leader
  readonly #ownership: Ownership
  readonly #aborter = new AbortController()
  readonly #closer = new AbortController()
  #topics: readonly string[] = []
  #memberId = ''
  #generationId = -1
  /** When a request went out that the coordinator answered as to a member. */
  #heardAtMs = 0
  #wantsRebalance = false
  /** The coordinator's word, outside of a heartbeat, that this membership is over. */
  #expelledBy: number = ErrorCode.NONE
  /** Ends the try to join that is under way. */
  #attempt = new AbortController()
  /** Resolves with the next assignment; undefined while one is in force. */
  #settling: Deferred<void> | undefined
  /** Listeners that are being told of a loss: nothing is joined before they are done. */
  #losing: Promise<void> | undefined
  #lossCount = 0
  #isLeaving = false
  #failureCount = 0
  #wake: (() => void) | undefined
  #running: Promise<void> | undefined

  constructor(cluster: Cluster, settings: ResolvedSettings, group: string, host: GroupHost) {
    this.#cluster = cluster
    this.#settings = settings
    this.#group = group
    this.#host = host
    this.#requests = new GroupRequests(cluster, settings, group)
    this.#leader = new Leader(cluster, group, settings.assignors)
    this.#ownership = new Ownership(settings.isCooperative ? 'cooperative' : 'eager')
  }

  /** Who commits offsets. */
  get identity(): MemberIdentity {
    const { instanceId } = this.#settings
    return { memberId: this.#memberId, generationId: this.#generationId, instanceId }
  }

  /** Whether an assignment is in force. */
  get isStable(): boolean {
    return this.#running !== undefined && this.#settling === undefined && !this.#isLeaving
  }

  /** Resolves when an assignment is in force, or none will be. */
  whenSettled(): Promise<void> {
    return this.#settling?.promise ?? Promise.resolve()
  }

  /** Joins, and stays until {@link leave}. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** What to subscribe to, from now on. */
  subscribe(topics: readonly string[]): void {
    const isSame = topics.length === this.#topics.length && topics.every((topic) => this.#topics.includes(topic))
    this.#topics = topics
    if (!isSame) this.#requestRebalance()
  }

  /** The subscribed topics may have changed: the leader deals anew if they have. */
  onMetadata(): void {
    if (this.#leader.isOutdated) this.#requestRebalance()
  }

  /** The coordinator says, outside of a heartbeat, that `identity` is no member, or not in this generation, any more. */
  onExpelled({ memberId, generationId }: MemberIdentity, errorCode: number): void {
    // Said of a membership that another one has replaced since: that one is good.
    if (memberId !== this.#memberId || generationId !== this.#generationId) return
    if (this.#settling === undefined) {
      this.#expelledBy = errorCode
      this.#wake?.()
    } else if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#loseWhileJoining(errorCode)
  }

  /** Leaves the group at once; a static member only stops being heard of, so that it finds its partitions again. */
  async leave(): Promise<void> {
    const memberId = this.#memberId
    this.#stop()
    await this.#running
    if (memberId !== '' && this.#settings.instanceId === null) {
      await this.#sendLeave(memberId, 'the consumer is being closed')
    }
  }

  /** Ends everything, also a {@link leave} that is under way. */
  close(): void {
    this.#stop()
    this.#closer.abort()
    this.#leader.resign()
    this.#requests.close()
  }

  #stop(): void {
    this.#isLeaving = true
    this.#wake?.()
    this.#aborter.abort()
    this.#attempt.abort()
  }

  #requestRebalance(): void {
    this.#wantsRebalance = true
    this.#wake?.()
  }

  async #run(): Promise<void> {
    while (!this.#isLeaving) {
      try {
        const revoked = await this.#becomeMember()
        if (!this.#isLeaving) await this.#stay(revoked)
      } catch (error) {
        await this.#onFailure(toMillraceError(error, `Joining group ${this.#group}`))
      }
    }
  }

  async #onFailure(error: MillraceError): Promise<void> {
    if (this.#isLeaving) return
    this.#failureCount++
    if (!error.retriable) {
      this.#isLeaving = true
      this.#host.onFatal(error)
      return
    }
    this.#cluster.applyRemedy(remedyForError(error), { group: this.#group })
    // The first failure is often only a coordinator that is about to be there.
    if (this.#failureCount > 1) this.#host.onStalled('join', error)
    await this.#pause(backoffMs(this.#failureCount, this.#cluster.random, this.#cluster.backoff))
  }

  /**
   * The membership is over, whose partitions others may get: at once nothing is owned any more. A member that only missed a generation
   * joins again as itself: as someone new it would leave a dead member behind.
   */
  #lose(code: number): Promise<void> {
    this.#generationId = -1
    if (code === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
    this.#lossCount++
    this.#ownership.lose()
    const told = this.#host.onLost()
    this.#losing = this.#losing === undefined ? told : Promise.all([this.#losing, told]).then(() => {})
    return this.#losing
  }

  #loseWhileJoining(code: number): void {
    void this.#lose(code)
    // It says what is not true any more, and may be waited for long.
    this.#attempt.abort()
    this.#requests.drop()
  }

  /** Joins, however long it takes, and gives what the assignment revoked. */
  async #becomeMember(): Promise<readonly TopicPartition[]> {
    const settling = deferred<void>()
    this.#settling = settling
    const endWatch = this.#watchWhileJoining()
    try {
      while (!this.#isLeaving) {
        try {
          const revoked = await this.#join()
          this.#failureCount = 0
          return revoked
        } catch (error) {
          // Ended because all was lost, which is no failure of the join.
          if (this.#attempt.signal.aborted) continue
          await this.#onFailure(toMillraceError(error, `Joining group ${this.#group}`))
        }
      }
      return []
    } finally {
      endWatch()
      this.#settling = undefined
      settling.resolve()
    }
  }

  /**
   * A member that joins may have partitions. The coordinator does not drop it while it waits for the others; but whether it does wait,
   * or has long gone on without this member, only heartbeats tell. The result ends them.
   */
  #watchWhileJoining(): () => void {
    const { clock } = this.#cluster
    let timer: Timer | undefined
    let isOver = false
    const arm = () => {
      if (isOver || !this.#ownership.hasAny) return
      const delayMs = Math.min(this.#settings.heartbeatIntervalMs, this.#sessionLeftMs())
      timer = clock.schedule(delayMs, () => void beat().then(arm))
    }
    const beat = async () => {
      const code = this.#sessionLeftMs() > 0 ? await this.#beat(true).catch(() => undefined) : undefined
      if (isOver || !this.#ownership.hasAny) return
      if (code === ErrorCode.UNKNOWN_MEMBER_ID || this.#sessionLeftMs() <= 0) {
        this.#loseWhileJoining(code ?? ErrorCode.NONE)
      }
    }
    arm()
    return () => {
      isOver = true
      timer?.cancel()
    }
  }

  /** One round: joins and gets the assignment; comes back only with both. */
  async #join(): Promise<readonly TopicPartition[]> {
    this.#attempt = new AbortController()
    for (let tryCount = 0; tryCount < quickTriesMax; tryCount++) {
      await this.#losing
      this.#losing = undefined
      if (this.#isLeaving) return []
      const revoked = await this.#tryJoin(this.#attempt.signal)
      if (revoked !== undefined) return revoked
    }
    const message = `Group ${this.#group} sent this member back ${quickTriesMax} times in a row`
    throw new MillraceError('broker', message, { retriable: true, apiName: JoinGroup.name })
  }

  /** Undefined: once more, at once. */
  async #tryJoin(signal: AbortSignal): Promise<readonly TopicPartition[] | undefined> {
    this.#wantsRebalance = false
    const answer = await this.#sendJoin(signal)
    if (answer === undefined) return undefined
    this.#memberId = answer.memberId
    this.#generationId = answer.generationId
    this.#expelledBy = ErrorCode.NONE
    const isLeader = answer.leader === answer.memberId
    if (!isLeader) this.#leader.resign()
    // A static leader that came back deals for nobody (KIP-814), but it watches the topics as before.
    const dealt = isLeader ? await this.#leader.deal(answer, signal) : []
    const sentAtMs = this.#cluster.clock.monotonic()
    const protocolName = answer.protocolName ?? ''
    const told = answer.skipAssignment ? [] : dealt
    const { errorCode, assignment } = await this.#requests.sync(this.identity, protocolName, told, signal)
    signal.throwIfAborted()
    if (errorCode !== ErrorCode.NONE) {
      this.#checkCode(errorCode, 'Synchronising with', SyncGroup.name)
      return undefined
    }
    this.#heardAtMs = sentAtMs
    const { revoked, added } = this.#ownership.take(readAssignment(assignment), this.#generationId)
    this.#host.onAssigned(added)
    return revoked
  }

  /** Undefined: once more, at once. */
  async #sendJoin(signal: AbortSignal): Promise<JoinGroupResponse | undefined> {
    const { rackId, assignors } = this.#settings
    const { claim } = this.#ownership
    const subscription = { topics: this.#topics, rackId, claim, generationId: this.#generationId }
    const protocols = assignors.map((assignor) => ({
      name: assignor.name,
      metadata: encodeSubscription(subscription, assignor),
    }))
    const answer = await this.#requests.join(this.#memberId, protocols, signal)
    signal.throwIfAborted()
    if (answer.errorCode === ErrorCode.NONE) return answer
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.#memberId = answer.memberId
    else this.#checkCode(answer.errorCode, 'Joining', JoinGroup.name)
    return undefined
  }

  /** Returns for a code that joining again cures; throws for any other. */
  #checkCode(code: number, what: string, apiName: string): void {
    if (code === ErrorCode.REBALANCE_IN_PROGRESS) return
    if (!isExpelled(code)) throw brokerError(code, `${what} group ${this.#group}`, apiName, this.#advice(code))
    void this.#lose(code)
  }

  #advice(code: number): string | undefined {
    if (code !== ErrorCode.INCONSISTENT_GROUP_PROTOCOL) return undefined
    const names = this.#settings.assignors.map(({ name }) => `"${name}"`).join(', ')
    return (
      `this member offers ${names}, and the other members of the group use other assignors; ` +
      'give the option `assignors` one that all of them offer, or use another group'
    )
  }

  /** Heartbeats until the generation ends for this member, and everything that is to be given up before joining has been. */
  async #stay(revoked: readonly TopicPartition[]): Promise<void> {
    const { heartbeatIntervalMs, maxProcessingMs } = this.#settings
    const givingUp: { state: GivingUp } = { state: 'no' }
    const giveUp = (partitions: readonly TopicPartition[]) => {
      givingUp.state = 'under way'
      void this.#giveUp(partitions).then((state) => {
        givingUp.state = state
        this.#wake?.()
      })
    }
    if (revoked.length > 0) giveUp(revoked)
    for (;;) {
      const isWaiting = givingUp.state === 'under way' || (givingUp.state === 'no' && !this.#wantsRebalance)
      if (isWaiting) await this.#pause(Math.min(heartbeatIntervalMs, this.#sessionLeftMs()))
      if (this.#isLeaving) return
      if (givingUp.state === 'done') return
      // Joining now would only get it partitions that it does not read.
      if (givingUp.state === 'late' || this.#host.processingMs() > maxProcessingMs) return this.#leaveForSlowness()
      if (this.#expelledBy !== ErrorCode.NONE) return this.#onRefused(this.#expelledBy)
      const code = await this.#reportedBeat()
      if (this.#isLeaving) return
      const isHeard = code === undefined || code === ErrorCode.NONE || code === ErrorCode.REBALANCE_IN_PROGRESS
      if (!isHeard && !remedyForCode(code).retriable) return this.#onRefused(code)
      if (this.#sessionLeftMs() <= 0) return this.#lose(ErrorCode.NONE)
      if (givingUp.state !== 'no' || !(this.#wantsRebalance || code === ErrorCode.REBALANCE_IN_PROGRESS)) continue
      const { givenUpToJoin } = this.#ownership
      if (givenUpToJoin.length === 0) return
      giveUp(givenUpToJoin)
    }
  }

  async #giveUp(partitions: readonly TopicPartition[]): Promise<GivingUp> {
    const lossCount = this.#lossCount
    const isDone = await this.#host.onRevoke(partitions, this.#settings.maxProcessingMs)
    if (!isDone) return 'late'
    // Not what a membership since then has.
    if (lossCount === this.#lossCount) this.#ownership.giveUp(partitions)
    return 'done'
  }

  #onRefused(code: number): Promise<void> {
    if (isExpelled(code)) return this.#lose(code)
    throw brokerError(code, `Heartbeat to group ${this.#group}`, Heartbeat.name)
  }

  /** How long the coordinator may take this member for alive, from what was heard. */
  #sessionLeftMs(): number {
    return Math.max(0, this.#heardAtMs + this.#settings.sessionTimeoutMs - this.#cluster.clock.monotonic())
  }

  /** The code of the answer. Rejects with {@link MillraceError}. */
  async #beat(isJoining: boolean): Promise<number> {
    const { sessionTimeoutMs } = this.#settings
    const sentAtMs = this.#cluster.clock.monotonic()
    const usualMs = Math.max(heartbeatTimeoutMinMs, Math.round(sessionTimeoutMs / 3))
    const timeoutMs = Math.max(1, Math.min(usualMs, this.#sessionLeftMs()))
    try {
      const { signal } = this.#aborter
      const code = await this.#requests.heartbeat(this.identity, { timeoutMs, isJoining, signal })
      const isMember = code === ErrorCode.NONE || code === ErrorCode.REBALANCE_IN_PROGRESS
      if (isMember) this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs)
      this.#cluster.applyRemedy(remedyForCode(code), { group: this.#group })
      return code
    } catch (error) {
      const failure = toMillraceError(error, 'Heartbeat')
      if (!this.#isLeaving) this.#cluster.applyRemedy(remedyForError(failure), { group: this.#group })
      throw failure
    }
  }

  /** The code of the answer; undefined when there was none. Tells what does not work. */
  async #reportedBeat(): Promise<number | undefined> {
    try {
      const code = await this.#beat(false)
      if (remedyForCode(code).retriable) {
        this.#host.onStalled('heartbeat', brokerError(code, `Heartbeat to group ${this.#group}`, Heartbeat.name))
      }
      return code
    } catch (error) {
      const failure = error as MillraceError
      if (this.#isLeaving) return undefined
      this.#host.onStalled('heartbeat', failure)
      if (!failure.retriable) throw failure
      return undefined
    }
  }

  /** The others shall not wait for this member: it goes, and comes back when its user code does. */
  async #leaveForSlowness(): Promise<void> {
    const { maxProcessingMs, heartbeatIntervalMs } = this.#settings
    const message = `User code took longer than ${maxProcessingMs} ms over a message (maxProcessingMs): its partitions go to others`
    const memberId = this.#memberId
    const lost = this.#lose(ErrorCode.UNKNOWN_MEMBER_ID)
    await this.#sendLeave(memberId, message)
    await lost
    this.#host.onError(new MillraceError('too-slow', message))
    while (this.#host.processingMs() > 0 && !this.#isLeaving) await this.#pause(heartbeatIntervalMs)
  }

  /** Never rejects: the session times out in the end. */
  async #sendLeave(memberId: string, reason: string): Promise<void> {
    await this.#requests.leave(memberId, reason, this.#closer.signal).catch(() => {})
  }

  /** Waits, unless something happens before. */
  #pause(delayMs: number): Promise<void> {
    if (this.#isLeaving) return Promise.resolve()
    return new Promise((resolve) => {
      const end = () => {
        this.#wake = undefined
        timer.cancel()
        resolve()
      }
      const timer: Timer = this.#cluster.clock.schedule(delayMs, end)
      this.#wake = end
    })
  }
}
