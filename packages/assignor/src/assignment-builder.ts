/** Collects who gets what, and gives it back sorted. */
import type { AssignableMember, GroupAssignment } from './assignor.ts'

export class AssignmentBuilder {
  readonly #byMember = new Map<string, Map<string, number[]>>()

  constructor(members: readonly AssignableMember[]) {
    for (const { memberId } of members) this.#byMember.set(memberId, new Map())
  }

  add(memberId: string, topic: string, partition: number): void {
    const topics = this.#byMember.get(memberId)
    const partitions = topics?.get(topic)
    if (partitions === undefined) topics?.set(topic, [partition])
    else partitions.push(partition)
  }

  build(): GroupAssignment {
    for (const topics of this.#byMember.values()) {
      for (const partitions of topics.values()) partitions.sort((a, b) => a - b)
    }
    return this.#byMember
  }
}
