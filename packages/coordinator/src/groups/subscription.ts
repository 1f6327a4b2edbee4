/** Reads which topics the members of a consumer group subscribe to. */
import { DecodeError, decodeConsumerSubscription } from '@millrace/protocol'

/** All topics in the subscriptions; undefined when one cannot be read: then nothing is known. */
export function subscribedTopics(subscriptions: readonly Buffer[]): ReadonlySet<string> | undefined {
  const topics = new Set<string>()
  try {
    for (const bytes of subscriptions) {
      for (const topic of decodeConsumerSubscription(bytes).data.topics) topics.add(topic)
    }
    return topics
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
