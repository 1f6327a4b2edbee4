/** What the two sticky assignors have in common: who gets what, given what everyone had (KIP-54, KIP-341). */
import { AssignmentBuilder } from './assignment-builder.ts'
import type { AssignableMember, AssignmentInput, GroupAssignment } from './assignor.ts'
import { shareBalanced } from './balanced-share.ts'
import { type Claim, nobody, settleClaims } from './claims.ts'
import { shareEqually } from './equal-share.ts'
import { GroupIndex } from './group-index.ts'
import { RackMatch } from './rack-match.ts'

export interface StickyRules {
  /** What the member says it has. */
  readonly claimOf: (member: AssignableMember) => Claim
  /** Whether a partition that others may still be reading goes to nobody until they have given it up. */
  readonly isHandedOverLater: boolean
}

export function assignSticky(input: AssignmentInput, { claimOf, isHandedOverLater }: StickyRules): GroupAssignment {
  const builder = new AssignmentBuilder(input.members)
  const group = new GroupIndex(input)
  if (group.members.length === 0) return builder.build()
  const claims = settleClaims(group, group.members.map(claimOf))
  const racks = new RackMatch(group)
  const takers = group.hasEqualSubscriptions
    ? shareEqually(group, racks, claims.owners)
    : shareBalanced(group, racks, claims)
  for (const [index, taker] of takers.entries()) {
    const owner = claims.owners[index] as number
    if (isHandedOverLater && owner !== nobody && owner !== taker) continue
    const member = group.members[taker]
    if (member !== undefined) builder.add(member.memberId, group.topicOf(index).name, group.partitionOf(index))
  }
  return builder.build()
}
