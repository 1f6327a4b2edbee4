/** A program that a suite started: its output, the end of it for error messages, and its end. None outlives the suite's process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { deferred } from '@millrace/base'
import { within } from './time-limit.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ChildOptions {
  /** What it is called in messages: the tool and what it is for. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Takes standard output; without it the output is kept for messages only. What it throws becomes `failure`. */
  readonly onOutput?: (chunk: Buffer) => void
}

const tailSizeMax = 3000
const running = new Set<ChildProcessWithoutNullStreams>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export class Child {
  readonly name: string
  /** Settles when the program has ended and its output is read. Never rejects. */
  readonly exited: Promise<Exit>
  readonly #failed = deferred<never>()
  readonly #process: ChildProcessWithoutNullStreams
  #tail = ''
  #exit: Exit | undefined
  #outputError: Error | undefined

  constructor({ name, command, args, env, cwd, onOutput }: ChildOptions) {
    this.name = name
    this.#process = spawn(command, args, {
      stdio: 'pipe',
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    })
    running.add(this.#process)
    const { stdin, stdout, stderr } = this.#process
    // A program that ends early closes its input; its exit code says more than the broken pipe.
    stdin.on('error', () => {})
    stderr.on('data', (chunk: Buffer) => this.#keep(chunk))
    this.#failed.promise.catch(() => {})
    stdout.on('data', (chunk: Buffer) => {
      if (onOutput === undefined) return this.#keep(chunk)
      try {
        onOutput(chunk)
      } catch (error) {
        this.#outputError = new Error(`${error instanceof Error ? error.message : error}, said ${this.describe()}`)
        this.#failed.reject(this.#outputError)
        stdout.removeAllListeners('data').resume()
      }
    })
    this.exited = new Promise((resolve) => {
      this.#process.on('error', (error) => {
        this.#keep(Buffer.from(`could not run ${command}: ${error.message}`))
        if (this.#process.pid === undefined) this.#end({ code: 127, signal: null }, resolve)
      })
      this.#process.on('close', (code, signal) => this.#end({ code, signal }, resolve))
    })
  }

  #end(exit: Exit, resolve: (exit: Exit) => void): void {
    this.#exit = exit
    running.delete(this.#process)
    resolve(exit)
  }

  #keep(chunk: Buffer): void {
    this.#tail = (this.#tail + chunk.toString()).slice(-tailSizeMax)
  }

  get stdin(): Writable {
    return this.#process.stdin
  }

  /** Undefined when it could not be run. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  /** How it ended; undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit
  }

  /** Why its output could not be taken; undefined when all of it was. */
  get outputError(): Error | undefined {
    return this.#outputError
  }

  /** Rejects when its output cannot be taken; never resolves. */
  get failure(): Promise<never> {
    return this.#failed.promise
  }

  /** The last of what it printed and nobody took. */
  get tail(): string {
    return this.#tail.trim()
  }

  /** Name, state and last output, for messages. */
  describe(): string {
    const state = this.#exit === undefined ? 'runs' : `ended with ${this.#exit.signal ?? this.#exit.code}`
    return `${this.name} (${state})${this.tail === '' ? ', without output' : `; its last output:\n${indent(this.tail)}\n`}`
  }

  /** Waits for an exit with code 0. */
  async succeeds(limitMs: number): Promise<void> {
    const exit = await within(Promise.race([this.exited, this.failure]), limitMs, () => `Waited for ${this.describe()}`)
    if (exit.code !== 0) throw new Error(this.describe())
  }

  /** Asks it to end and waits; ends it by force, and throws, when it does not. */
  async stop(limitMs: number): Promise<Exit> {
    this.#process.kill('SIGTERM')
    try {
      return await within(this.exited, limitMs, () => `${this.describe()}: does not end when asked to`)
    } catch (error) {
      await this.kill()
      throw error
    }
  }

  /** kill -9. */
  async kill(): Promise<Exit> {
    this.#process.kill('SIGKILL')
    return this.exited
  }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
