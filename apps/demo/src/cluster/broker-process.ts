/** The product itself: `millrace start` in a process of its own, with a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Clock, deferred, sleep } from '@millrace/base'
import { DemoError } from '../world.ts'

const program = fileURLToPath(new URL('../../../../packages/millrace/src/bin.ts', import.meta.url))
const startLimitMs = 30_000
const stopLimitMs = 1500
const outputSizeMax = 16 * 1024

export interface BrokerProcessOptions {
  readonly clock: Clock
  /** Of Kafka's configuration keys. */
  readonly settings: Readonly<Record<string, string>>
  /** Leaves the directory where it is. */
  readonly keep: boolean
}

export class BrokerProcess {
  readonly directory = mkdtempSync(join(tmpdir(), 'millrace-demo-'))
  readonly #options: BrokerProcessOptions
  readonly #child: ChildProcess
  readonly #ended = deferred<void>()
  readonly #ready = deferred<string>()
  #output = ''
  #isStopping = false
  /** The last resort, when this process ends without having stopped the broker. */
  readonly #onExit = () => this.#remove()

  constructor(options: BrokerProcessOptions) {
    this.#options = options
    const settings = Object.entries(options.settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
    const words = ['start', '--port', '0', '--data', this.directory, ...settings]
    this.#child = spawn(process.execPath, [...process.execArgv, program, ...words], {
      // Ctrl-C in the terminal is for this process, which stops the broker when the members have left; and should it die
      // without a chance to do so, the channel closes with it, which ends the broker.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, MILLRACE_BOUND_TO_PARENT: '1' },
    })
    process.once('exit', this.#onExit)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#onOutput(text))
    }
    this.#child.once('error', (error) => this.#onEnded(error.message))
    this.#child.once('exit', (code, signal) => this.#onEnded(`it ended with ${signal ?? code}`))
    this.#ready.promise.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Called when the broker is gone and nobody asked it to go. */
  onLost: (error: DemoError) => void = () => {}

  /** Resolves with the address for clients. Rejects with {@link DemoError}. */
  async whenReady(signal: AbortSignal): Promise<string> {
    const limit = new AbortController()
    const late = sleep(this.#options.clock, startLimitMs, AbortSignal.any([signal, limit.signal])).then(() => {
      throw new DemoError(`The broker is not ready after ${startLimitMs / 1000} s. ${this.#said}`)
    })
    try {
      return await Promise.race([this.#ready.promise, late])
    } finally {
      limit.abort()
      late.catch(() => {})
    }
  }

  /** Asks it to end, and insists after a while: its data is of no use to anybody. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#child.kill('SIGTERM')
    const insist = this.#options.clock.schedule(stopLimitMs, () => this.#child.kill('SIGKILL'))
    await this.#ended.promise
    insist.cancel()
    process.off('exit', this.#onExit)
    this.#remove()
  }

  get #said(): string {
    return this.#output.trim() === '' ? 'It printed nothing.' : `It printed:\n${this.#output.trim()}`
  }

  #onOutput(text: string): void {
    this.#output = (this.#output + text).slice(-outputSizeMax)
    const address = /^Millrace is ready on (\S+:\d+)/m.exec(this.#output)?.[1]
    if (address !== undefined) this.#ready.resolve(address)
  }

  #onEnded(how: string): void {
    this.#ended.resolve()
    if (this.#isStopping) return
    const error = new DemoError(`The broker is gone: ${how}. ${this.#said}`)
    this.#ready.reject(error)
    this.onLost(error)
  }

  #remove(): void {
    this.#child.kill('SIGKILL')
    if (!this.#options.keep) rmSync(this.directory, { recursive: true, force: true })
  }
}
