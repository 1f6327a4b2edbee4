/** A broker as a process of its own, on one port and one directory for its whole life, however often it starts. */
import { connect, createServer } from 'node:net'
import { Child, type ChildOptions } from '../child.ts'
import { until, within } from '../time-limit.ts'

const startLimitMs = 60_000
const stopLimitMs = 60_000

export interface Launch {
  readonly name: string
  readonly port: number
  readonly dataDirectory: string
  /** Made anew for every start. */
  readonly program: () => Pick<ChildOptions, 'command' | 'args' | 'env' | 'cwd'>
}

export class BrokerProcess {
  readonly name: string
  readonly port: number
  readonly dataDirectory: string
  readonly #program: Launch['program']
  #child: Child | undefined

  constructor({ name, port, dataDirectory, program }: Launch) {
    this.name = name
    this.port = port
    this.dataDirectory = dataDirectory
    this.#program = program
  }

  /** Of the process; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Where clients connect to. */
  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Starts it and waits until it answers ApiVersions; how long that took, in milliseconds. */
  async start(): Promise<number> {
    const started = performance.now()
    const child = new Child({ name: this.name, ...this.#program() })
    this.#child = child
    const answers = async () => {
      if (child.exit !== undefined) throw new Error(`Does not start: ${child.describe()}`)
      return answersApiVersions(this.port)
    }
    await until(answers, startLimitMs, () => `Waited for an answer from ${child.describe()}`)
    return performance.now() - started
  }

  /** Asks it to end; throws when it does not, or not with the code of a clean end. */
  async stop(): Promise<void> {
    const child = this.#running()
    const { code, signal } = await child.stop(stopLimitMs)
    // A JVM ends with 143 after SIGTERM, whatever its shutdown hooks did.
    const isClean = code === 0 || code === 143
    if (!isClean) throw new Error(`Did not stop cleanly (${signal ?? code}): ${child.describe()}`)
    this.#child = undefined
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.#running().kill()
    this.#child = undefined
  }

  /** Ends it if it runs, without asking how. */
  async discard(): Promise<void> {
    await this.#child?.kill()
    this.#child = undefined
  }

  /** Name, state and last output, for messages. */
  describe(): string {
    return this.#child?.describe() ?? `${this.name} (not started)`
  }

  #running(): Child {
    if (this.#child === undefined) throw new Error(`${this.name} does not run`)
    return this.#child
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject()))
    })
  })
}

/** ApiVersions v0, correlation id 7, client id `up`. */
const apiVersionsRequest = Buffer.from('0000000c' + '0012' + '0000' + '00000007' + '0002' + '7570', 'hex')
const answerLimitMs = 2000

/** Whether something on `port` answers ApiVersions without an error. */
async function answersApiVersions(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const answer = new Promise<boolean>((resolve) => {
    let bytes: Buffer = Buffer.alloc(0)
    socket.on('connect', () => socket.write(apiVersionsRequest))
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length >= 10) resolve(bytes.readInt32BE(4) === 7 && bytes.readInt16BE(8) === 0)
    })
  })
  try {
    return await within(answer, answerLimitMs, () => 'no answer')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
