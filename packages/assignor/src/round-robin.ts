/**
 * `roundrobin`: all partitions of all topics, one after the other, to the next member that subscribes to the topic (reference
 * section 7.4). Even when all members subscribe to the same; partitions with one number end up with different members.
 */
import { AssignmentBuilder } from './assignment-builder.ts'
import type { AssignableMember, Assignor } from './assignor.ts'
import { compareText, sortedMembers } from './member-order.ts'

/** The index of the first member from `start` on, around the end, that wants the topic; some member does. */
function nextSubscriber(subscriptions: readonly ReadonlySet<string>[], start: number, topic: string): number {
  let index = start
  while (subscriptions[index]?.has(topic) !== true) index = (index + 1) % subscriptions.length
  return index
}

/** Kafka's `roundrobin`: partitions one after the other to the next member that subscribes to their topic. */
export const roundRobin: Assignor = {
  name: 'roundrobin',
  protocol: 'eager',
  assign({ topics, members }) {
    const builder = new AssignmentBuilder(members)
    const ordered = sortedMembers(members)
    const subscriptions = ordered.map((member) => new Set(member.topics))
    const wanted = new Set(ordered.flatMap((member) => member.topics))
    let index = 0
    for (const topic of [...wanted].sort(compareText)) {
      const partitionCount = topics.get(topic)?.partitionCount ?? 0
      for (let partition = 0; partition < partitionCount; partition++) {
        index = nextSubscriber(subscriptions, index, topic)
        builder.add((ordered[index] as AssignableMember).memberId, topic, partition)
        index = (index + 1) % ordered.length
      }
    }
    return builder.build()
  },
}
