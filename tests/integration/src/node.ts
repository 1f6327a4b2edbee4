/** A broker with everything within reach that a test may want to look at: its disk, its log, its failures. */
import { type LogFields, type Logger, systemClock, systemRandom } from '@millrace/base'
import { Broker, parseBrokerConfig, singleNodeProperties } from '@millrace/broker'
import { nodeTransport } from '@millrace/network'
import { type FileSystem, MemoryFileSystem, NodeFileSystem } from '@millrace/storage'

export interface NodeOptions {
  readonly config?: Readonly<Record<string, string>>
  /** Default: an empty disk in memory. */
  readonly fileSystem?: FileSystem
  /** Where on the disk. Default `/data`. With a real one, the default file system is the computer's. */
  readonly directory?: string
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields | undefined
}

export class Node {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly lines: LogLine[] = []
  readonly failures: unknown[] = []
  readonly #config: Readonly<Record<string, string>>
  #broker: Broker | undefined
  #port = 0

  private constructor({ config = {}, fileSystem, directory }: NodeOptions) {
    this.#config = config
    this.directory = directory ?? '/data'
    this.fileSystem = fileSystem ?? (directory === undefined ? new MemoryFileSystem(systemClock) : new NodeFileSystem())
  }

  /** Starts one. Rejects with what the broker rejects with. */
  static async start(options: NodeOptions = {}): Promise<Node> {
    const node = new Node(options)
    await node.#start()
    return node
  }

  get broker(): Broker {
    if (this.#broker === undefined) throw new Error('The node is stopped')
    return this.#broker
  }

  get bootstrapServers(): string {
    return this.addressOf('PLAINTEXT')
  }

  addressOf(listener: string): string {
    const address = this.broker.listeners.get(listener)
    if (address === undefined) throw new Error(`There is no listener ${listener}`)
    return `${address.host}:${address.port}`
  }

  /** What was logged as a warning. */
  get warnings(): readonly string[] {
    return this.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)
  }

  async stop(): Promise<void> {
    const broker = this.#broker
    this.#broker = undefined
    await broker?.stop()
    if (this.failures.length > 0) throw this.failures[0]
  }

  /** Stops in order, and starts on the same port, with other settings if given. */
  async restart(config: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.stop()
    await this.#start(config)
  }

  async #start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const properties = singleNodeProperties([
      ['listeners', `PLAINTEXT://127.0.0.1:${this.#port},CONTROLLER://127.0.0.1:0`],
      ['log.dir', this.directory],
      ['millrace.durability', 'os'],
      ...Object.entries({ ...this.#config, ...more }),
    ])
    this.#broker = await Broker.start({
      config: parseBrokerConfig(properties),
      ports: { fileSystem: this.fileSystem, transport: nodeTransport, clock: systemClock, random: systemRandom },
      logger: this.#logger(),
      onFatal: (error) => this.failures.push(error),
    })
    this.#port = this.#broker.listeners.get('PLAINTEXT')?.port ?? 0
  }

  #logger(): Logger {
    const write = (level: LogLine['level']) => (message: string, fields?: LogFields) => {
      this.lines.push({ level, message, fields })
    }
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  }
}

/** Runs `use` with a broker, and stops it. */
export async function withNode(options: NodeOptions, use: (node: Node) => Promise<void>): Promise<void> {
  const node = await Node.start(options)
  try {
    await use(node)
  } finally {
    await node.stop()
  }
}

/** Asks again and again until the answer is there. A test that waits for ever is ended by its time limit. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    // Answers may come from memory at once: others must have their turn.
    await new Promise<void>((resolve) => systemClock.defer(resolve))
  }
}
