/** The topics that user code named, and how their keys and values become objects. */
import { bytes, type Serde, type Topic } from '@millrace/client'

/** How keys and values of a topic become objects. */
export interface Serdes {
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
}

const plain: Serdes = { key: bytes(), value: bytes() }

export class TopicSerdes {
  readonly #serdes = new Map<string, Serdes>()

  get names(): Iterable<string> {
    return this.#serdes.keys()
  }

  /** Takes a topic in, and gives its name. A bare name does not change what is known of a typed topic. */
  add(topic: string | Topic<unknown, unknown>): string {
    if (typeof topic !== 'string') {
      this.#serdes.set(topic.name, { key: topic.key, value: topic.value })
      return topic.name
    }
    if (!this.#serdes.has(topic)) this.#serdes.set(topic, plain)
    return topic
  }

  /** Bytes, for a topic that nobody named. */
  of(topic: string): Serdes {
    return this.#serdes.get(topic) ?? plain
  }
}
