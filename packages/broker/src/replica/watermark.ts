/** Where the high watermark may go: pure functions of what the replicas have. Reference section 4.3. */

/** What the leader knows of a follower. */
export interface FollowerState {
  /** The follower has everything before this offset. */
  readonly endOffset: number
  /** It may still count for the watermark although it is not in the ISR: it is caught up and about to join. */
  readonly isJoining: boolean
}

/** The ISR size below which the watermark stands still and acks=all is refused (strict min ISR, KIP-966). */
export function effectiveMinIsr(minInsyncReplicas: number, replicaCount: number): number {
  return Math.max(1, Math.min(minInsyncReplicas, replicaCount))
}

/**
 * The new high watermark of a leader: what every member of the ISR, and every replica about to join it, has. Never goes back.
 *
 * @param leaderOffset what the leader itself vouches for: its synced end under `fsync`, its written end under `os`
 */
export function nextHighWatermark(
  current: number,
  leaderOffset: number,
  leaderId: number,
  isr: readonly number[],
  minIsr: number,
  followers: ReadonlyMap<number, FollowerState>,
): number {
  if (isr.length < minIsr) return current
  let lowest = leaderOffset
  for (const id of isr) {
    if (id !== leaderId) lowest = Math.min(lowest, followers.get(id)?.endOffset ?? 0)
  }
  for (const follower of followers.values()) {
    if (follower.isJoining) lowest = Math.min(lowest, follower.endOffset)
  }
  return Math.max(current, lowest)
}
