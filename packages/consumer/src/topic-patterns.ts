/** Which topics of a cluster a consumer subscribes to by pattern. Pure. */
import type { MetadataSnapshot } from '@millrace/client'
import { ErrorCode } from '@millrace/protocol'

export class TopicPatterns {
  readonly #patterns: readonly RegExp[]

  constructor(patterns: readonly RegExp[]) {
    // Those of user code may be used, or even changed, elsewhere.
    this.#patterns = patterns.map((pattern) => new RegExp(pattern.source, pattern.flags))
  }

  matches(name: string): boolean {
    return this.#patterns.some((pattern) => {
      // With the flags g and y a pattern goes on where it matched before.
      pattern.lastIndex = 0
      return pattern.test(name)
    })
  }

  /**
   * The topics that match, in order, out of an answer that has all topics. One that only cannot be described right now stays if it is
   * in `known`.
   */
  select({ topics }: MetadataSnapshot, known: readonly string[] = []): readonly string[] {
    const names: string[] = []
    for (const { name, isInternal, errorCode } of topics.values()) {
      if (isInternal || errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) continue
      if (errorCode !== ErrorCode.NONE && !known.includes(name)) continue
      if (this.matches(name)) names.push(name)
    }
    return names.sort()
  }
}
