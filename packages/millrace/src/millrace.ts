/** One connection to a cluster, and the clients that share it. */
import { Admin } from '@millrace/admin'
import { Cluster, type ClusterOptions, MillraceError } from '@millrace/client'
import { Consumer, type ConsumerSettings } from '@millrace/consumer'
import { Producer, type ProducerSettings } from '@millrace/producer'

const closeTimeoutDefaultMs = 60_000

interface Closable {
  readonly isClosed: boolean
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

/**
 * ```ts
 * await using millrace = new Millrace({ brokers: 'localhost:9092', clientId: 'shop' })
 * const producer = millrace.producer()
 * const consumer = millrace.consumer({ group: 'billing', topics: ['orders'] })
 * ```
 *
 * The clients share metadata, coordinators and, apart from what must not wait for each other, connections. Each can be closed by
 * itself; {@link close} closes all.
 */
export class Millrace {
  readonly #cluster: Cluster
  readonly #clients = new Set<Closable>()
  #admin: Admin | undefined
  #closing: Promise<void> | undefined

  /** Connects when a client first needs it. Throws {@link MillraceError} `invalid-argument`. */
  constructor(options: ClusterOptions) {
    this.#cluster = new Cluster(options)
  }

  /** A producer. Throws {@link MillraceError} `invalid-argument`, and `closed`. */
  producer(settings: ProducerSettings = {}): Producer {
    return this.#add(new Producer({ ...settings, cluster: this.#openCluster() }))
  }

  /** A consumer: with `group` a member of it, else by itself. Throws {@link MillraceError} `invalid-argument`, and `closed`. */
  consumer<K = Buffer, V = Buffer>(settings: ConsumerSettings<K, V> = {}): Consumer<K, V> {
    return this.#add(new Consumer<K, V>({ ...settings, cluster: this.#openCluster() }))
  }

  /** The admin client, always the same. Throws {@link MillraceError} `closed`. */
  get admin(): Admin {
    this.#admin ??= new Admin({ cluster: this.#openCluster() })
    return this.#admin
  }

  /**
   * Closes every client made here: consumers commit and leave their groups, producers send what is buffered. Each of the two has half of
   * `timeoutMs` (default 60000). Rejects with the first error of a client, after all of them are closed: records of a producer that
   * were not written.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close((options.timeoutMs ?? closeTimeoutDefaultMs) / 2)
    return this.#closing
  }

  /** As {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    // What consumers' handlers still produce belongs to what producers send.
    const consumers = [...this.#clients].filter((client) => client instanceof Consumer)
    const others = [...this.#clients].filter((client) => !(client instanceof Consumer))
    const outcomes = await Promise.allSettled(consumers.map((client) => client.close({ timeoutMs })))
    outcomes.push(...(await Promise.allSettled(others.map((client) => client.close({ timeoutMs })))))
    await this.#cluster.close()
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #openCluster(): Cluster {
    if (this.#closing === undefined) return this.#cluster
    throw new MillraceError('closed', 'This Millrace has been closed')
  }

  #add<T extends Closable>(client: T): T {
    // Those that were closed by themselves are not kept for ever.
    for (const each of this.#clients) if (each.isClosed) this.#clients.delete(each)
    this.#clients.add(client)
    return client
  }
}
