/** Java's string hash, and the coordinator partition that Kafka derives from it. */

/** `String.hashCode` of Java: over UTF-16 units, as a signed 32-bit number. */
export function javaStringHash(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}

/**
 * The partition, of `count`, of the internal topic that holds `id`: a group in `__consumer_offsets`, a transactional id in
 * `__transaction_state`, `group:topicId:partition` in `__share_group_state`. The smallest int has no absolute value in Java
 * and counts as 0.
 */
export function coordinatorPartition(id: string, count: number): number {
  const hash = javaStringHash(id)
  return hash === -0x8000_0000 ? 0 : Math.abs(hash) % count
}
