/** A whole cluster inside a test: real brokers, real protocol, a random port, data in memory or in a directory. */
import { type Clock, type Logger, type Random, silentLogger, systemClock, systemRandom } from '@millrace/base'
import { Broker, parseBrokerConfig, singleNodeProperties } from '@millrace/broker'
import { nodeTransport, type Transport } from '@millrace/network'
import { type FileSystem, MemoryFileSystem, NodeFileSystem } from '@millrace/storage'

/** What a cluster is made of. */
export interface ClusterOptions {
  /** How many brokers. Only 1 is supported yet. */
  readonly brokers?: number
  /** `memory`: gone with the cluster. A path: kept there, and found again by the next cluster on it. Default `memory`. */
  readonly data?: 'memory' | { readonly directory: string }
  /** Kafka's configuration keys, for all brokers. */
  readonly config?: Readonly<Record<string, string>>
  readonly logger?: Logger
  /**
   * A broker found that it cannot go on: a bug, or a disk that failed. Default: every later call on the cluster rejects with the
   * error, so that the test that caused it fails.
   */
  readonly onFatal?: (error: unknown) => void
}

/** A cluster that runs inside this process. */
export interface Cluster {
  /** For clients: `127.0.0.1:49213`. */
  readonly bootstrapServers: string
  readonly clusterId: string
  /** Stops in order, and starts again on the same data and port. */
  restart(): Promise<void>
  /** Stops. With data in memory, it is gone. */
  stop(): Promise<void>
  /** As {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

interface Environment {
  readonly fileSystem: FileSystem
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
}

const host = '127.0.0.1'

/**
 * Starts a cluster; resolves when clients can use it.
 *
 * ```ts
 * await using cluster = await startCluster()
 * const producer = new Producer({ brokers: cluster.bootstrapServers })
 * ```
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const count = options.brokers ?? 1
  if (count !== 1) throw new RangeError(`A cluster of ${count} brokers is not supported yet: brokers must be 1`)
  const data = options.data ?? 'memory'
  const fileSystem = data === 'memory' ? new MemoryFileSystem(systemClock) : new NodeFileSystem()
  const environment = { fileSystem, transport: nodeTransport, clock: systemClock, random: systemRandom }
  const cluster = new EmbeddedCluster(options, data === 'memory' ? '/data' : data.directory, environment)
  await cluster.start(0)
  return cluster
}

class EmbeddedCluster implements Cluster {
  readonly #options: ClusterOptions
  readonly #directory: string
  readonly #environment: Environment
  #broker: Broker | undefined
  #address = { host, port: 0 }
  #fatal: { error: unknown } | undefined
  #clusterId = ''

  constructor(options: ClusterOptions, directory: string, environment: Environment) {
    this.#options = options
    this.#directory = directory
    this.#environment = environment
  }

  get bootstrapServers(): string {
    this.#check()
    return `${this.#address.host}:${this.#address.port}`
  }

  get clusterId(): string {
    this.#check()
    return this.#clusterId
  }

  async start(port: number): Promise<void> {
    const properties = singleNodeProperties([
      ['listeners', `PLAINTEXT://${host}:${port},CONTROLLER://${host}:0`],
      ['log.dirs', this.#directory],
      // Tests want an answer, not a disk that turns.
      ['millrace.durability', 'os'],
      // Tests write records with times of long ago, and find them again however long they take.
      ['log.initial.task.delay.ms', '86400000'],
      ...Object.entries(this.#options.config ?? {}),
    ])
    this.#broker = await Broker.start({
      config: parseBrokerConfig(properties),
      ports: this.#environment,
      logger: this.#options.logger ?? silentLogger,
      onFatal: (error) => {
        this.#fatal ??= { error }
        this.#options.onFatal?.(error)
      },
    })
    this.#clusterId = this.#broker.clusterId
    this.#address = this.#broker.clientAddresses[0] ?? this.#address
  }

  async restart(): Promise<void> {
    this.#check()
    await this.#broker?.stop()
    await this.start(this.#address.port)
  }

  async stop(): Promise<void> {
    const broker = this.#broker
    this.#broker = undefined
    await broker?.stop()
    this.#check()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #check(): void {
    if (this.#fatal !== undefined && this.#options.onFatal === undefined) throw this.#fatal.error
  }
}
