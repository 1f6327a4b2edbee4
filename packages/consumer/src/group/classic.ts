/**
 * Membership in a classic group (reference section 2.13): joins, stays with heartbeats, gives everything up for a rebalance, joins
 * again, leaves.
 *
 *     joining -> syncing -> stable -> (rebalance) revoking -> joining
 *                             |                        ^
 *                             +-> (fenced, expelled) lost
 *
 * Heartbeats do not wait for user code: they go on while partitions are given up, until the moment of joining again.
 */
import type { Timer } from '@millrace/base'
import {
  backoffMs,
  brokerError,
  type Cluster,
  type Lane,
  MillraceError,
  remedyForCode,
  remedyForError,
  toMillraceError,
} from '@millrace/client'
import { ErrorCode, Heartbeat, JoinGroup, type JoinGroupResponse, LeaveGroup, SyncGroup } from '@millrace/protocol'
import type { MemberIdentity } from '../group-offsets.ts'
import type { ResolvedSettings } from '../options.ts'
import {
  assignableTopics,
  assignMembers,
  encodeSubscription,
  partitionCounts,
  readAssignment,
  readMembers,
  subscribedTopics,
} from './assignment.ts'

/** What a group does to the consumer. */
export interface GroupHost {
  /** These partitions are this member's now. */
  onAssigned(partitions: readonly { readonly topic: string; readonly partition: number }[]): void
  /** Gives all partitions up in order: user code finishes, offsets are committed. Ends within `limitMs`. */
  onRevoke(limitMs: number): Promise<void>
  /** All partitions are gone. */
  onLost(): Promise<void>
  onStalled(during: 'join' | 'heartbeat', error: MillraceError): void
  /** User code has to know; the membership goes on. */
  onError(error: MillraceError): void
  /** The member cannot be in the group; it is over. */
  onFatal(error: MillraceError): void
  /** For how long user code has had its message; 0 when it has none. */
  processingMs(): number
}

const protocolType = 'consumer'
/** What a coordinator may take longer than it said. */
const joinSlackMs = 5000
const leaveTimeoutMs = 5000
/** How often the coordinator may send a member back before it waits. */
const quickTriesMax = 5

/** Why a stay in the group ended. */
type End = 'rebalance' | 'lost' | 'left'

/** Codes after which this member is no member, or not in this generation, any more. */
function isExpelled(code: number): boolean {
  return code === ErrorCode.UNKNOWN_MEMBER_ID || code === ErrorCode.ILLEGAL_GENERATION
}

export class ClassicGroup {
  readonly #cluster: Cluster
  readonly #settings: ResolvedSettings
  readonly #group: string
  readonly #topics: readonly string[]
  readonly #host: GroupHost
  readonly #lane: Lane
  readonly #aborter = new AbortController()
  readonly #closer = new AbortController()
  #memberId = ''
  #generationId = -1
  #isLeader = false
  /** What the leader's assignment was made from. */
  #assignedFrom = ''
  #untrackOthers: () => void = () => {}
  #wantsRebalance = false
  /** The coordinator's word, outside of a heartbeat, that this membership is over. */
  #expelledBy: number = ErrorCode.NONE
  #isLeaving = false
  #failureCount = 0
  #wake: (() => void) | undefined
  #running: Promise<void> | undefined

  constructor(cluster: Cluster, settings: ResolvedSettings, group: string, topics: readonly string[], host: GroupHost) {
    this.#cluster = cluster
    this.#settings = settings
    this.#group = group
    this.#topics = topics
    this.#host = host
    this.#lane = cluster.newLane('group')
  }

  /** Who commits offsets. */
  get identity(): MemberIdentity {
    const { instanceId } = this.#settings
    return { memberId: this.#memberId, generationId: this.#generationId, instanceId }
  }

  /** The connection of the group's requests. */
  get lane(): Lane {
    return this.#lane
  }

  /** Joins, and stays until {@link leave}. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** The subscribed topics may have changed: the leader deals anew if they have. */
  onMetadata(): void {
    if (!this.#isLeader || this.#assignedFrom === '') return
    const names = (JSON.parse(this.#assignedFrom) as { names: readonly string[] }).names
    if (this.#signature(names) === this.#assignedFrom) return
    this.#wantsRebalance = true
    this.#wake?.()
  }

  /** The coordinator says, outside of a heartbeat, that `identity` is no member, or not in this generation, any more. */
  onExpelled({ memberId, generationId }: MemberIdentity, errorCode: number): void {
    // Said of a membership that another one has replaced since: that one is good.
    if (memberId !== this.#memberId || generationId !== this.#generationId) return
    this.#expelledBy = errorCode
    this.#wake?.()
  }

  /** Leaves the group at once; a static member only stops being heard of, so that it finds its partitions again. */
  async leave(): Promise<void> {
    const memberId = this.#memberId
    this.#stop()
    await this.#running
    if (memberId !== '' && this.#settings.instanceId === null) {
      await this.#sendLeave(memberId, 'the consumer is being closed').catch(() => {})
    }
  }

  /** Ends everything, also a {@link leave} that is under way. */
  close(): void {
    this.#stop()
    this.#closer.abort()
    this.#untrackOthers()
    this.#cluster.closeLane(this.#lane)
  }

  #stop(): void {
    this.#isLeaving = true
    this.#wake?.()
    this.#aborter.abort()
  }

  async #run(): Promise<void> {
    while (!this.#isLeaving) {
      try {
        await this.#join()
        const end = this.#isLeaving ? 'left' : await this.#stay()
        this.#failureCount = 0
        if (end === 'lost') await this.#lose()
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
    this.#host.onStalled('join', error)
    await this.#pause(backoffMs(this.#failureCount, this.#cluster.random, this.#cluster.backoff))
  }

  async #lose(): Promise<void> {
    this.#generationId = -1
    await this.#host.onLost()
  }

  /** Joins and gets the assignment; comes back only with both. */
  async #join(): Promise<void> {
    for (let tryCount = 0; tryCount < quickTriesMax; tryCount++) {
      if (await this.#tryJoin()) return
      if (this.#isLeaving) return
    }
    const message = `Group ${this.#group} sent this member back ${quickTriesMax} times in a row`
    throw new MillraceError('broker', message, { retriable: true, apiName: JoinGroup.name })
  }

  /** False: once more, at once. */
  async #tryJoin(): Promise<boolean> {
    this.#wantsRebalance = false
    const answer = await this.#sendJoin()
    if (answer === undefined) return false
    this.#memberId = answer.memberId
    this.#generationId = answer.generationId
    this.#isLeader = answer.leader === answer.memberId
    this.#expelledBy = ErrorCode.NONE
    // A static leader that came back deals for nobody (KIP-814), but it watches the topics as before.
    const dealt = this.#isLeader ? await this.#deal(answer) : []
    const assigned = await this.#sendSync(answer.protocolName ?? '', answer.skipAssignment ? [] : dealt)
    if (assigned === undefined) return false
    if (this.#isLeaving) return true
    this.#host.onAssigned(readAssignment(assigned))
    return true
  }

  /** Undefined: once more, at once. */
  async #sendJoin(): Promise<JoinGroupResponse | undefined> {
    const { sessionTimeoutMs, maxProcessingMs, instanceId, rackId, assignors } = this.#settings
    const metadata = encodeSubscription(this.#topics, rackId)
    const body = {
      groupId: this.#group,
      sessionTimeoutMs,
      rebalanceTimeoutMs: maxProcessingMs,
      memberId: this.#memberId,
      ...(instanceId === null ? {} : { groupInstanceId: instanceId }),
      protocolType,
      protocols: assignors.map(({ name }) => ({ name, metadata })),
    }
    const answer = await this.#cluster.send(JoinGroup, body, {
      group: this.#group,
      lane: this.#lane,
      signal: this.#aborter.signal,
      timeoutMs: Math.max(maxProcessingMs, sessionTimeoutMs) + joinSlackMs,
    })
    if (answer.errorCode === ErrorCode.NONE) return answer
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = answer.memberId
      return undefined
    }
    this.#checkCode(answer.errorCode, 'Joining', JoinGroup.name)
    return undefined
  }

  /** Forgets who it was and returns, for a code that a new membership cures; throws for any other. */
  #checkCode(code: number, what: string, apiName: string): void {
    if (code === ErrorCode.REBALANCE_IN_PROGRESS) return
    if (isExpelled(code)) {
      this.#forgetMembership(code)
      return
    }
    throw brokerError(code, `${what} group ${this.#group}`, apiName)
  }

  /** The leader's part: everyone's assignment. */
  async #deal(answer: JoinGroupResponse): Promise<{ memberId: string; assignment: Buffer }[]> {
    const assignor = this.#settings.assignors.find(({ name }) => name === answer.protocolName)
    if (assignor === undefined) {
      const message = `Group ${this.#group} chose the assignor "${answer.protocolName}", which this member did not offer`
      throw new MillraceError('protocol', message)
    }
    const members = readMembers(answer.members)
    const names = subscribedTopics(members)
    // Topics of other members' too: the leader is the one who notices when they grow.
    const untrack = this.#cluster.trackTopics(names)
    this.#untrackOthers()
    this.#untrackOthers = untrack
    await this.#cluster.metadata(names, { signal: this.#aborter.signal })
    this.#assignedFrom = this.#signature(names)
    return assignMembers(assignor, members, assignableTopics(names, this.#cluster.snapshot))
  }

  #signature(names: readonly string[]): string {
    return JSON.stringify({ names, counts: partitionCounts(assignableTopics(names, this.#cluster.snapshot)) })
  }

  /** A member that only missed a generation joins again as itself: as someone new it would leave a dead member behind. */
  #forgetMembership(code: number): void {
    this.#generationId = -1
    if (code !== ErrorCode.ILLEGAL_GENERATION) this.#memberId = ''
  }

  /** Undefined: to be joined again. */
  async #sendSync(
    protocolName: string,
    assignments: readonly { memberId: string; assignment: Buffer }[],
  ): Promise<Buffer | undefined> {
    const { instanceId, maxProcessingMs } = this.#settings
    const body = {
      groupId: this.#group,
      generationId: this.#generationId,
      memberId: this.#memberId,
      ...(instanceId === null ? {} : { groupInstanceId: instanceId }),
      protocolType,
      protocolName,
      assignments,
    }
    const { errorCode, assignment } = await this.#cluster.send(SyncGroup, body, {
      group: this.#group,
      lane: this.#lane,
      signal: this.#aborter.signal,
      timeoutMs: maxProcessingMs + joinSlackMs,
    })
    if (errorCode === ErrorCode.NONE) return assignment
    this.#checkCode(errorCode, 'Synchronising with', SyncGroup.name)
    return undefined
  }

  /** Heartbeats until the generation ends for this member, and everything has been given up. */
  async #stay(): Promise<End> {
    const { clock } = this.#cluster
    const { heartbeatIntervalMs, sessionTimeoutMs, maxProcessingMs } = this.#settings
    let heardAtMs = clock.monotonic()
    const revoking: { state: 'no' | 'under way' | 'done' } = { state: 'no' }
    for (;;) {
      if (revoking.state !== 'done') await this.#pause(heartbeatIntervalMs)
      if (this.#isLeaving) return 'left'
      // Time ran out before user code was done: joining now would only get it partitions that it does not read.
      if (revoking.state === 'done') return this.#host.processingMs() > 0 ? this.#leaveForSlowness() : 'rebalance'
      if (this.#expelledBy !== ErrorCode.NONE) return this.#onRefused(this.#expelledBy)
      if (this.#host.processingMs() > maxProcessingMs) return this.#leaveForSlowness()
      const code = await this.#heartbeat()
      if (this.#isLeaving) return 'left'
      if (code === ErrorCode.NONE || code === ErrorCode.REBALANCE_IN_PROGRESS) heardAtMs = clock.monotonic()
      else if (code !== undefined && !remedyForCode(code).retriable) return this.#onRefused(code)
      else if (clock.monotonic() - heardAtMs > sessionTimeoutMs) return 'lost'
      if (revoking.state !== 'no' || !(this.#wantsRebalance || code === ErrorCode.REBALANCE_IN_PROGRESS)) continue
      revoking.state = 'under way'
      this.#host.onRevoke(maxProcessingMs).finally(() => {
        revoking.state = 'done'
        this.#wake?.()
      })
    }
  }

  #onRefused(code: number): End {
    if (isExpelled(code)) {
      this.#forgetMembership(code)
      return 'lost'
    }
    throw brokerError(code, `Heartbeat to group ${this.#group}`, Heartbeat.name)
  }

  /** The code of the answer; undefined when there was none. */
  async #heartbeat(): Promise<number | undefined> {
    const { instanceId, sessionTimeoutMs } = this.#settings
    const body = {
      groupId: this.#group,
      generationId: this.#generationId,
      memberId: this.#memberId,
      ...(instanceId === null ? {} : { groupInstanceId: instanceId }),
    }
    try {
      const { errorCode } = await this.#cluster.send(Heartbeat, body, {
        group: this.#group,
        lane: this.#lane,
        signal: this.#aborter.signal,
        timeoutMs: Math.max(1000, Math.round(sessionTimeoutMs / 3)),
      })
      const remedy = remedyForCode(errorCode)
      this.#cluster.applyRemedy(remedy, { group: this.#group })
      if (remedy.retriable) {
        this.#host.onStalled('heartbeat', brokerError(errorCode, `Heartbeat to group ${this.#group}`, Heartbeat.name))
      }
      return errorCode
    } catch (error) {
      const failure = toMillraceError(error, 'Heartbeat')
      if (this.#isLeaving) return undefined
      this.#cluster.applyRemedy(remedyForError(failure), { group: this.#group })
      this.#host.onStalled('heartbeat', failure)
      if (!failure.retriable) throw failure
      return undefined
    }
  }

  /** The others shall not wait for this member: it goes, and comes back when its user code does. */
  async #leaveForSlowness(): Promise<End> {
    const { maxProcessingMs } = this.#settings
    const message = `User code took longer than ${maxProcessingMs} ms over a message (maxProcessingMs): its partitions go to others`
    await this.#sendLeave(this.#memberId, message).catch(() => {})
    this.#memberId = ''
    await this.#lose()
    this.#host.onError(new MillraceError('too-slow', message))
    while (this.#host.processingMs() > 0 && !this.#isLeaving) await this.#pause(this.#settings.heartbeatIntervalMs)
    return 'rebalance'
  }

  /** Tries for a while: until the coordinator knows, the others have to wait for the session to time out. */
  async #sendLeave(memberId: string, reason: string): Promise<void> {
    const { signal } = this.#closer
    const body = (version: number) =>
      version >= 3 ? { groupId: this.#group, members: [{ memberId, reason }] } : { groupId: this.#group, memberId }
    const attempt = async (timeoutMs: number) => {
      // Not in the group's lane: it would wait behind a join that may take minutes.
      const { errorCode } = await this.#cluster.send(LeaveGroup, body, { group: this.#group, signal, timeoutMs })
      if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, `Leaving group ${this.#group}`, LeaveGroup.name)
    }
    await this.#cluster.retry(attempt, { group: this.#group, signal, timeoutMs: leaveTimeoutMs })
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
