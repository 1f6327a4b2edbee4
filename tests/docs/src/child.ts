/** A process that the suite started, with all that it starts: a group of its own, which never outlives the suite. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'

export interface ChildOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
}

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Of each stream; a process that prints more is shown without the beginning. */
const outputSizeMax = 256 * 1024
/** Of a message. */
const saidSizeMax = 4000
const running = new Set<ChildProcess>()

process.once('exit', () => {
  for (const child of running) killGroup(child)
})

export class Child {
  readonly #process: ChildProcess
  /** Never rejects. */
  readonly ended: Promise<Ending>
  #output = ''
  #errors = ''
  #onOutput: (() => void) | undefined

  constructor(command: string, args: readonly string[], { cwd, env = process.env }: ChildOptions) {
    this.#process = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(this.#process)
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-outputSizeMax)
      this.#onOutput?.()
    })
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-outputSizeMax)
    })
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#errors += error.message
        if (this.#process.pid === undefined) resolve({ code: 127, signal: null })
      })
      this.#process.once('close', (code, signal) => {
        running.delete(this.#process)
        resolve({ code, signal })
      })
    })
  }

  /** Standard output. */
  get output(): string {
    return this.#output
  }

  /** Standard error. */
  get errors(): string {
    return this.#errors
  }

  /** For messages. */
  get said(): string {
    const said = `${this.#output}${this.#errors}`.trim()
    if (said === '') return 'It printed nothing.'
    return said.length <= saidSizeMax ? `It printed:\n${said}` : `It printed at last:\n${said.slice(-saidSizeMax)}`
  }

  /** Waits for the end; kills what takes longer, and throws. */
  async endsWithin(limitMs: number): Promise<Ending> {
    const ending = await withLimit(this.ended, limitMs)
    if (ending !== undefined) return ending
    await this.kill()
    throw new Error(`still runs after ${limitMs / 1000} s. ${this.said}`)
  }

  /** Waits for an end with 0 and gives what it printed to standard output. */
  async succeedsWithin(limitMs: number): Promise<string> {
    const ending = await this.endsWithin(limitMs)
    if (ending.code !== 0) throw new Error(`ended with ${ending.signal ?? ending.code}. ${this.said}`)
    return this.#output
  }

  /** Waits for standard output that matches. Throws when it ends before, or the time is over; it runs on then. */
  async prints(pattern: RegExp, limitMs: number): Promise<RegExpExecArray> {
    const printed = new Promise<RegExpExecArray>((resolve) => {
      const look = () => {
        const match = pattern.exec(this.#output)
        if (match !== null) resolve(match)
      }
      this.#onOutput = look
      look()
    })
    const result = await withLimit(Promise.race([printed, this.ended]), limitMs)
    this.#onOutput = undefined
    if (Array.isArray(result)) return result as RegExpExecArray
    const what = result === undefined ? `no such output after ${limitMs / 1000} s` : 'ended'
    throw new Error(`waited for ${pattern}: ${what}. ${this.said}`)
  }

  /**
   * SIGTERM to the program itself: below npm and the shells it starts, which would die of the signal and hide the exit code.
   * Throws when it does not end. Nothing happens to what has ended before.
   */
  async stop(limitMs: number): Promise<Ending> {
    if (running.has(this.#process)) for (const pid of programsBelow(this.#process.pid as number)) signal(pid, 'SIGTERM')
    return this.endsWithin(limitMs)
  }

  async kill(): Promise<void> {
    killGroup(this.#process)
    await this.ended
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) signal(-pid, 'SIGKILL')
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // It has just ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** `promise`, or undefined when the time is over. */
async function withLimit<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs)
  })
  const result = await Promise.race([promise, limit])
  clearTimeout(timer)
  return result
}

/** The processes at the ends of the tree that begins with `root`. */
function programsBelow(root: number): number[] {
  const { stdout, error } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`ps is needed to find the broker below npm: ${error.message}`)
  const childrenOf = new Map<number, number[]>()
  for (const line of stdout.trim().split('\n')) {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number)
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), pid])
  }
  const leavesOf = (pid: number): number[] => childrenOf.get(pid)?.flatMap(leavesOf) ?? [pid]
  return leavesOf(root)
}
