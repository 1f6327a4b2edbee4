/** Topics that were asked for and cannot be read, as the metadata says. A name that is misspelt looks like a topic without records otherwise. */
import { brokerError, type MetadataSnapshot, type MillraceError } from '@millrace/client'
import { ErrorCode, Metadata } from '@millrace/protocol'

export class TopicErrors {
  /** Error codes by topic, as told. */
  readonly #codes = new Map<string, number>()

  /** Whether the topic was not there when it was last looked at. */
  isMissing(topic: string): boolean {
    return this.#codes.get(topic) === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  }

  /** Looks at `names`; gives what is new since the last look. */
  update(names: Iterable<string>, { topics }: MetadataSnapshot): readonly MillraceError[] {
    const found: MillraceError[] = []
    for (const name of names) {
      const code = topics.get(name)?.errorCode
      // An answer with all topics of the cluster lacks those that do not exist, or that were not asked for.
      if (code === undefined) continue
      if (code === this.#codes.get(name)) continue
      this.#codes.delete(name)
      if (code === ErrorCode.NONE) continue
      this.#codes.set(name, code)
      found.push(brokerError(code, `Reading topic "${name}"`, Metadata.name))
    }
    return found
  }
}
