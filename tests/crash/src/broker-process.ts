/** The real broker: a process of its own, whose process id is the broker's and no launcher's. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../packages/millrace/src/bin.ts', import.meta.url))
const outputLineCountMax = 40

export interface BrokerProcessOptions {
  readonly directory: string
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly durability: string
}

/** How a process ended: its signal, or its exit code. */
export type Ending = { readonly signal: string } | { readonly code: number }

export class BrokerProcess {
  readonly #child: ChildProcess
  readonly #output: string[] = []
  readonly #ended: Promise<Ending>
  readonly #ready: Promise<number>
  #ending: Ending | undefined

  constructor({ directory, host, port, durability }: BrokerProcessOptions) {
    const source = ['--conditions=@millrace/source', '--disable-warning=ExperimentalWarning']
    const words = ['start', '--host', host, '--port', `${port}`, '--data', directory, '--durability', durability]
    // A group that waits for more members would get nothing done between two kills.
    const settings = ['--set', 'group.initial.rebalance.delay.ms=0']
    this.#child = spawn(process.execPath, [...source, program, ...words, ...settings], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (code, signal) => {
        this.#ending = signal === null ? { code: code ?? -1 } : { signal }
        resolve(this.#ending)
      })
    })
    this.#ready = this.#watchOutput()
  }

  /** What it printed last. */
  get output(): readonly string[] {
    return this.#output
  }

  /** Undefined while it runs. */
  get ending(): Ending | undefined {
    return this.#ending
  }

  /** Resolves with the port when it serves clients; never when it ends before. */
  get whenReady(): Promise<number> {
    return this.#ready
  }

  get whenEnded(): Promise<Ending> {
    return this.#ended
  }

  /** `kill -9`: no goodbye, nothing flushed. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Asks for an orderly end. */
  async stop(): Promise<Ending> {
    this.#child.kill('SIGTERM')
    return this.#ended
  }

  #watchOutput(): Promise<number> {
    return new Promise((resolve) => {
      const onText = (text: string) => {
        for (const line of text.split('\n')) {
          if (line === '') continue
          this.#output.push(line)
          if (this.#output.length > outputLineCountMax) this.#output.shift()
          const port = /^Millrace is ready on [^ ]*:(\d+)/.exec(line)?.[1]
          if (port !== undefined) resolve(Number(port))
        }
      }
      for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.setEncoding('utf8').on('data', onText)
    })
  }
}
