/** The order of members that makes assignments stable: static members by instance id first, then the others by member id. */
import type { AssignableMember } from './assignor.ts'

/** By UTF-16 units, as Java compares text. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Static members keep their place when they come back with another member id. */
export function compareMembers(a: AssignableMember, b: AssignableMember): number {
  const first = a.instanceId ?? undefined
  const second = b.instanceId ?? undefined
  if (first !== undefined && second !== undefined) return compareText(first, second)
  if (first !== undefined) return -1
  if (second !== undefined) return 1
  return compareText(a.memberId, b.memberId)
}

/** The members in order; the input is left alone. */
export function sortedMembers(members: readonly AssignableMember[]): readonly AssignableMember[] {
  return members.toSorted(compareMembers)
}
