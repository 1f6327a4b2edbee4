/**
 * `cooperative-sticky`: as `sticky`, but members go on reading what they keep while the group rebalances (KIP-429). A partition that
 * changes hands is left out of the answer until its owner no longer says that it has it: the owner gives it up and joins again.
 */
import type { AssignableMember, Assignor } from './assignor.ts'
import type { Claim } from './claims.ts'
import { assignSticky } from './sticky-share.ts'

/** Subscriptions older than version 2 have no generation of their own, only the int32 in the user data. */
function generationOf({ generationId, userData }: AssignableMember): number {
  if (generationId !== undefined && generationId >= 0) return generationId
  return userData && userData.length >= 4 ? Math.max(-1, userData.readInt32BE(0)) : -1
}

function claimOf(member: AssignableMember): Claim {
  return { partitions: member.ownedPartitions ?? new Map(), generationId: generationOf(member) }
}

/** Kafka's `cooperative-sticky`: balanced, keeps what it can, and members read on while the group rebalances (KIP-429). */
export const cooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  protocol: 'cooperative',
  assign: (input) => assignSticky(input, { claimOf, isHandedOverLater: true }),
  subscriptionUserData(_assigned, generationId) {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(generationId)
    return bytes
  },
}
