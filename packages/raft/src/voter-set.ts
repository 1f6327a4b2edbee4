/** Who votes: an immutable set of voters, and the changes of one voter that KIP-853 allows. */
import { type Uuid, zeroUuid } from '@millrace/base'

/** A listener of a controller. */
export interface Endpoint {
  readonly name: string
  readonly host: string
  readonly port: number
}

/** A replica: the node and the directory of its log. A node that lost its disk is another replica. `zeroUuid`: not known. */
export interface ReplicaKey {
  readonly id: number
  readonly directoryId: Uuid
}

export interface Voter extends ReplicaKey {
  /** The first is the one other voters use, if none has the default controller listener's name. */
  readonly endpoints: readonly Endpoint[]
  /** The range of `kraft.version` that the node supports. */
  readonly kraftVersionMin: number
  readonly kraftVersionMax: number
}

/** Voters in order of their ids. */
export class VoterSet {
  readonly voters: readonly Voter[]

  constructor(voters: Iterable<Voter>) {
    this.voters = [...voters].sort((a, b) => a.id - b.id)
  }

  static readonly empty: VoterSet = new VoterSet([])

  get size(): number {
    return this.voters.length
  }

  get ids(): number[] {
    return this.voters.map((voter) => voter.id)
  }

  /** How many voters make a majority. */
  get majority(): number {
    return Math.floor(this.voters.length / 2) + 1
  }

  byId(id: number): Voter | undefined {
    return this.voters.find((voter) => voter.id === id)
  }

  /** Whether `key` is a voter. A voter whose directory is not known (static voters) is matched by id. */
  has(key: ReplicaKey): boolean {
    const voter = this.byId(key.id)
    return voter !== undefined && (voter.directoryId === zeroUuid || voter.directoryId === key.directoryId)
  }

  isOnly(key: ReplicaKey): boolean {
    return this.size === 1 && this.has(key)
  }

  with(voter: Voter): VoterSet {
    return new VoterSet([...this.voters.filter((each) => each.id !== voter.id), voter])
  }

  without(id: number): VoterSet {
    return new VoterSet(this.voters.filter((each) => each.id !== id))
  }
}

/** The endpoint to use for a voter: that of the default controller listener, else its first. */
export function endpointOf(voter: Voter, listenerName: string): Endpoint | undefined {
  return voter.endpoints.find((endpoint) => endpoint.name === listenerName) ?? voter.endpoints[0]
}

/** Whether two voters say the same about themselves. */
export function sameVoter(a: Voter, b: Voter): boolean {
  const sameEndpoints =
    a.endpoints.length === b.endpoints.length &&
    a.endpoints.every((one) => {
      const other = b.endpoints.find((each) => each.name === one.name)
      return other !== undefined && other.host === one.host && other.port === one.port
    })
  const sameRange = a.kraftVersionMin === b.kraftVersionMin && a.kraftVersionMax === b.kraftVersionMax
  return a.id === b.id && a.directoryId === b.directoryId && sameRange && sameEndpoints
}

export const keyText = (key: ReplicaKey): string => `${key.id} (${key.directoryId})`
