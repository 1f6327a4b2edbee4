/** Records for examples that only read: one for each partition, again and again, so that those that begin at the end see some too. */
import { Admin, valuesOf } from '@millrace/admin'
import { Producer } from '@millrace/producer'

const partitionCount = 6
const pauseMs = 200
/** After so many rounds the records say that they are the last ones, for examples that end then. */
const plainRoundCount = 10

export class Feed {
  readonly #producer: Producer
  readonly #topics: readonly string[]
  readonly #loop: Promise<void>
  #roundCount = 0
  #isStopping = false

  private constructor(brokers: string, topics: readonly string[]) {
    this.#producer = new Producer({ brokers })
    this.#topics = topics
    this.#loop = this.#run()
  }

  /** Creates the topics and writes the first records. */
  static async start(brokers: string, topics: readonly string[]): Promise<Feed> {
    const admin = new Admin({ brokers })
    try {
      valuesOf(await admin.createTopics(topics.map((name) => ({ name, partitions: partitionCount }))))
    } finally {
      await admin.close()
    }
    const feed = new Feed(brokers, topics)
    await feed.#writeRound()
    return feed
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#loop
    await this.#producer.close()
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      await this.#writeRound()
    }
  }

  async #writeRound(): Promise<void> {
    const value = this.#roundCount++ < plainRoundCount ? 'three apples' : 'the last one'
    const records = this.#topics.flatMap((topic) =>
      Array.from({ length: partitionCount }, (_, partition) =>
        this.#producer.send(topic, { partition, key: `u${partition}`, value }),
      ),
    )
    await Promise.all(records)
  }
}
