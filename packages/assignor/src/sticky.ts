/**
 * `sticky`: balanced, and everyone keeps as much as it can of what it had. Eager: members give up everything before they join, so
 * what they had comes in the user data of their subscription, never in `ownedPartitions` (reference section 7.4).
 */
import type { AssignableMember, Assignor } from './assignor.ts'
import type { Claim } from './claims.ts'
import { assignSticky } from './sticky-share.ts'
import { decodeStickyUserData, encodeStickyUserData } from './sticky-user-data.ts'

function claimOf({ userData }: AssignableMember): Claim {
  const data = userData ? decodeStickyUserData(userData) : undefined
  return { partitions: data?.assigned ?? new Map(), generationId: Math.max(-1, data?.generationId ?? -1) }
}

/** Kafka's `sticky`: balanced, and members keep as much as possible of what they had; eager. */
export const sticky: Assignor = {
  name: 'sticky',
  protocol: 'eager',
  assign: (input) => assignSticky(input, { claimOf, isHandedOverLater: false }),
  subscriptionUserData: (assigned, generationId) =>
    generationId < 0 ? null : encodeStickyUserData({ assigned, generationId }),
}
