/** A member of a classic group: what it said when it joined, and which of its requests wait for an answer. */
import type { Token } from '../runtime/shard.ts'
import type { MemberProtocol } from './commands.ts'
import type { StoredGroup } from './records.ts'

export interface MemberFacts {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly protocols: readonly MemberProtocol[]
}

export const noBytes = Buffer.alloc(0)

export class ClassicMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  protocols: readonly MemberProtocol[]
  /** What the leader gave it in the present generation. */
  assignment: Buffer = noBytes
  /** It has not had the answer to its first JoinGroup yet, and so sends no heartbeats. */
  isNew = false
  /** The parked JoinGroup. */
  joinToken: Token | undefined
  /** The parked SyncGroup. */
  syncToken: Token | undefined

  constructor(facts: MemberFacts) {
    this.memberId = facts.memberId
    this.instanceId = facts.instanceId
    this.clientId = facts.clientId
    this.clientHost = facts.clientHost
    this.rebalanceTimeoutMs = facts.rebalanceTimeoutMs
    this.sessionTimeoutMs = facts.sessionTimeoutMs
    this.protocols = facts.protocols
  }

  /** From the group's record, which keeps the metadata of the selected protocol alone. */
  static fromStored(stored: StoredGroup['members'][number], protocol: string | null): ClassicMember {
    const { memberId, clientId, clientHost, sessionTimeout, rebalanceTimeout, groupInstanceId } = stored
    const member = new ClassicMember({
      memberId,
      instanceId: groupInstanceId,
      clientId,
      clientHost,
      sessionTimeoutMs: sessionTimeout,
      // Records before version 1 have no rebalance timeout.
      rebalanceTimeoutMs: rebalanceTimeout === -1 ? sessionTimeout : rebalanceTimeout,
      protocols: [{ name: protocol ?? '', metadata: stored.subscription }],
    })
    member.assignment = stored.assignment
    return member
  }

  /** A member that waits for others is not expected to send heartbeats; a new one may go while it waits. */
  get needsNoHeartbeat(): boolean {
    return !this.isNew && (this.joinToken !== undefined || this.syncToken !== undefined)
  }

  /** The metadata for a protocol, empty when it does not support it. */
  metadataFor(protocol: string | null): Buffer {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? noBytes
  }

  /** Whether a join with `protocols` changes nothing: same names, metadata and order. */
  matches(protocols: readonly MemberProtocol[]): boolean {
    return (
      this.protocols.length === protocols.length &&
      this.protocols.every(({ name, metadata }, index) => {
        const other = protocols[index]
        return other !== undefined && other.name === name && other.metadata.equals(metadata)
      })
    )
  }

  /** The first of its protocols that all members support; undefined when there is none. */
  vote(candidates: ReadonlySet<string>): string | undefined {
    return this.protocols.find(({ name }) => candidates.has(name))?.name
  }
}
