/** The part of the member that leads a classic group: it deals, and notices when what it dealt has changed. */
import type { Assignor } from '@millrace/assignor'
import { type Cluster, MillraceError } from '@millrace/client'
import type { JoinGroupResponse } from '@millrace/protocol'
import { assignableTopics, assignMembers, partitionCounts, readMembers, subscribedTopics } from './assignment.ts'
import type { DealtAssignment } from './group-requests.ts'

export class Leader {
  readonly #cluster: Cluster
  readonly #group: string
  readonly #assignors: readonly Assignor[]
  /** What the assignment was made from; undefined while another member leads. */
  #dealtFrom: { readonly names: readonly string[]; readonly counts: string } | undefined
  #untrack: () => void = () => {}

  constructor(cluster: Cluster, group: string, assignors: readonly Assignor[]) {
    this.#cluster = cluster
    this.#group = group
    this.#assignors = assignors
  }

  /** Everyone's assignment. Rejects with {@link MillraceError}. */
  async deal(answer: JoinGroupResponse, signal: AbortSignal): Promise<readonly DealtAssignment[]> {
    const assignor = this.#assignors.find(({ name }) => name === answer.protocolName)
    if (assignor === undefined) {
      const message = `Group ${this.#group} chose the assignor "${answer.protocolName}", which this member did not offer`
      throw new MillraceError('protocol', message)
    }
    const members = readMembers(answer.members)
    const names = subscribedTopics(members)
    // Topics of other members' too: the leader is the one who notices when they grow.
    const untrack = this.#cluster.trackTopics(names)
    this.#untrack()
    this.#untrack = untrack
    await this.#cluster.metadata(names, { signal })
    this.#dealtFrom = { names, counts: this.#counts(names) }
    return assignMembers(assignor, members, assignableTopics(names, this.#cluster.snapshot))
  }

  /** Whether topics came, went or grew since. */
  get isOutdated(): boolean {
    return this.#dealtFrom !== undefined && this.#counts(this.#dealtFrom.names) !== this.#dealtFrom.counts
  }

  /** Another member leads from now on, or nobody. */
  resign(): void {
    this.#dealtFrom = undefined
    this.#untrack()
  }

  #counts(names: readonly string[]): string {
    return partitionCounts(assignableTopics(names, this.#cluster.snapshot))
  }
}
