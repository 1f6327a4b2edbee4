/** The requests of a member of a classic group, as the coordinator wants them. */
import { brokerError, type Cluster, type Lane } from '@millrace/client'
import {
  ErrorCode,
  Heartbeat,
  JoinGroup,
  type JoinGroupResponse,
  LeaveGroup,
  SyncGroup,
  type SyncGroupResponse,
} from '@millrace/protocol'
import type { MemberIdentity } from '../group-offsets.ts'
import type { ResolvedSettings } from '../options.ts'

/** What this member supports, by assignor. */
export interface OfferedProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** The leader's word for one member. */
export interface DealtAssignment {
  readonly memberId: string
  readonly assignment: Buffer
}

const protocolType = 'consumer'
/** What a coordinator may take longer than it said. */
const joinSlackMs = 5000
const leaveTimeoutMs = 5000

function instanceOf({ instanceId }: { readonly instanceId: string | null }) {
  return instanceId === null ? {} : { groupInstanceId: instanceId }
}

export class GroupRequests {
  readonly #cluster: Cluster
  readonly #settings: ResolvedSettings
  readonly #group: string
  #lane: Lane

  constructor(cluster: Cluster, settings: ResolvedSettings, group: string) {
    this.#cluster = cluster
    this.#settings = settings
    this.#group = group
    this.#lane = cluster.newLane('group')
  }

  /** Answered when all members have joined: that may take as long as user code may. */
  join(memberId: string, protocols: readonly OfferedProtocol[], signal: AbortSignal): Promise<JoinGroupResponse> {
    const { sessionTimeoutMs, maxProcessingMs } = this.#settings
    const body = {
      groupId: this.#group,
      sessionTimeoutMs,
      rebalanceTimeoutMs: maxProcessingMs,
      memberId,
      ...instanceOf(this.#settings),
      protocolType,
      protocols,
    }
    const timeoutMs = Math.max(maxProcessingMs, sessionTimeoutMs) + joinSlackMs
    return this.#cluster.send(JoinGroup, body, { group: this.#group, lane: this.#lane, signal, timeoutMs })
  }

  /** Answered when the leader has said who gets what. */
  sync(
    identity: MemberIdentity,
    protocolName: string,
    assignments: readonly DealtAssignment[],
    signal: AbortSignal,
  ): Promise<SyncGroupResponse> {
    const body = {
      groupId: this.#group,
      generationId: identity.generationId,
      memberId: identity.memberId,
      ...instanceOf(identity),
      protocolType,
      protocolName,
      assignments,
    }
    const timeoutMs = this.#settings.maxProcessingMs + joinSlackMs
    return this.#cluster.send(SyncGroup, body, { group: this.#group, lane: this.#lane, signal, timeoutMs })
  }

  /**
   * Gives the code of the answer.
   *
   * @param isJoining a request of this member waits at the coordinator: a heartbeat in the same lane would wait behind it
   */
  async heartbeat(
    identity: MemberIdentity,
    { timeoutMs, isJoining, signal }: { timeoutMs: number; isJoining: boolean; signal: AbortSignal },
  ): Promise<number> {
    const body = {
      groupId: this.#group,
      generationId: identity.generationId,
      memberId: identity.memberId,
      ...instanceOf(identity),
    }
    const lane = isJoining ? undefined : this.#lane
    const { errorCode } = await this.#cluster.send(Heartbeat, body, { group: this.#group, lane, signal, timeoutMs })
    return errorCode
  }

  /** Tries for a while: until the coordinator knows, the others have to wait for the session to time out. */
  async leave(memberId: string, reason: string, signal: AbortSignal): Promise<void> {
    const body = (version: number) =>
      version >= 3 ? { groupId: this.#group, members: [{ memberId, reason }] } : { groupId: this.#group, memberId }
    const attempt = async (timeoutMs: number) => {
      // Not in the group's lane: it would wait behind a join that may take minutes.
      const { errorCode } = await this.#cluster.send(LeaveGroup, body, { group: this.#group, signal, timeoutMs })
      if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, `Leaving group ${this.#group}`, LeaveGroup.name)
    }
    await this.#cluster.retry(attempt, { group: this.#group, signal, timeoutMs: leaveTimeoutMs })
  }

  /** Nobody waits for what is under way any more: what comes next shall not wait behind it. */
  drop(): void {
    this.#cluster.closeLane(this.#lane)
    this.#lane = this.#cluster.newLane('group')
  }

  close(): void {
    this.#cluster.closeLane(this.#lane)
  }
}
