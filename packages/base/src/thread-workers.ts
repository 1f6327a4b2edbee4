/** Jobs in worker threads: the one file where threads are started, and where they listen. */
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { assert } from './assert.ts'
import { type Logger, silentLogger } from './logger.ts'
import { type AnyJob, type Job, WorkerError, type Workers } from './workers.ts'

export interface ThreadWorkersOptions {
  /**
   * The module that a thread runs: it calls {@link serveJobs}. Asked for with the first job; it may throw where there is none, as
   * in an application that was bundled into one file.
   */
  readonly entry: () => URL
  /** The most threads. Default 1. */
  readonly threadCountMax?: number
  readonly logger?: Logger
}

interface Order {
  readonly id: number
  readonly name: string
  readonly input: object
}

type Answer =
  | { readonly id: number; readonly output: object }
  | { readonly id: number; readonly error: { readonly message: string; readonly stack: string | undefined } }

interface Pending {
  readonly resolve: (output: never) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  readonly pending: Map<number, Pending>
  hasAnswered: boolean
}

/** A copy whose byte arrays own their memory, which is then moved. Those of a thread's output are moved as they are if they do. */
function packed(value: object, isOutput: boolean): { readonly value: object; readonly moved: ArrayBuffer[] } {
  const moved = new Set<ArrayBuffer>()
  const entries = Object.entries(value).map(([key, field]) => {
    if (!(field instanceof Uint8Array)) return [key, field]
    const { buffer, byteLength } = field
    const isWhole = isOutput && buffer instanceof ArrayBuffer && byteLength === buffer.byteLength
    const own = isWhole ? new Uint8Array(buffer) : new Uint8Array(field)
    moved.add(own.buffer)
    return [key, own]
  })
  return { value: Object.fromEntries(entries), moved: [...moved] }
}

/**
 * Starts a thread when a job finds none idle, up to the most, and keeps it. Idle threads do not keep the process alive. A thread
 * that never came up is not tried again: every job is rejected from then on, and whoever asked does it himself.
 */
export class ThreadWorkers implements Workers {
  readonly #options: ThreadWorkersOptions
  readonly #threads: Thread[] = []
  #failure: WorkerError | undefined
  #nextId = 0

  constructor(options: ThreadWorkersOptions) {
    this.#options = options
  }

  /** Threads that are up now. */
  get threadCount(): number {
    return this.#threads.length
  }

  run<Input extends object, Output extends object>(job: Job<Input, Output>, input: Input): Promise<Output> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    let thread: Thread
    try {
      thread = this.#thread()
    } catch (cause) {
      return Promise.reject(this.#fail('no thread can be started', cause))
    }
    return new Promise<Output>((resolve, reject) => {
      const id = this.#nextId++
      const { value, moved } = packed(input, false)
      const order: Order = { id, name: job.name, input: value }
      if (thread.pending.size === 0) thread.worker.ref()
      thread.pending.set(id, { resolve, reject })
      thread.worker.postMessage(order, moved)
    })
  }

  async close(): Promise<void> {
    this.#failure ??= new WorkerError('the workers have been closed')
    const threads = this.#threads.splice(0)
    for (const thread of threads) this.#abandon(thread, this.#failure)
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  /** The one with the least to do, or a new one. */
  #thread(): Thread {
    let best: Thread | undefined
    for (const thread of this.#threads) {
      if (best === undefined || thread.pending.size < best.pending.size) best = thread
    }
    const isFull = this.#threads.length >= (this.#options.threadCountMax ?? 1)
    return best !== undefined && (best.pending.size === 0 || isFull) ? best : this.#start()
  }

  #start(): Thread {
    const worker = new Worker(this.#options.entry(), { name: 'millrace' })
    const thread: Thread = { worker, pending: new Map(), hasAnswered: false }
    this.#threads.push(thread)
    worker.unref()
    worker.on('message', (answer: Answer) => this.#onAnswer(thread, answer))
    worker.on('error', (error) => this.#onEnd(thread, error))
    worker.on('exit', (code) => this.#onEnd(thread, new Error(`it exited with code ${code}`)))
    return thread
  }

  #onAnswer(thread: Thread, answer: Answer): void {
    thread.hasAnswered = true
    const pending = thread.pending.get(answer.id)
    if (pending === undefined) return
    thread.pending.delete(answer.id)
    if (thread.pending.size === 0) thread.worker.unref()
    if ('output' in answer) pending.resolve(answer.output as never)
    else pending.reject(Object.assign(new Error(answer.error.message), { stack: answer.error.stack }))
  }

  #onEnd(thread: Thread, cause: unknown): void {
    const index = this.#threads.indexOf(thread)
    if (index < 0) return
    this.#threads.splice(index, 1)
    const error = thread.hasAnswered
      ? new WorkerError('a worker thread ended before its work was done', { cause })
      : this.#fail('a worker thread did not come up', cause)
    this.#abandon(thread, error)
  }

  #fail(what: string, cause: unknown): WorkerError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#failure = new WorkerError(`${what}: ${reason}`, { cause, isUnavailable: true })
    const logger = this.#options.logger ?? silentLogger
    logger.warn('work that belongs into worker threads is done on the event loop', { reason: this.#failure.message })
    return this.#failure
  }

  #abandon({ pending }: Thread, error: WorkerError): void {
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }
}

/** For the module that a thread runs: does these jobs whenever they are asked for. Does nothing in the main thread. */
export function serveJobs(jobs: readonly AnyJob[]): void {
  if (isMainThread) return
  const port = parentPort
  assert(port !== null, 'a worker thread has a port')
  const byName = new Map(jobs.map((job) => [job.name, job]))
  port.on('message', async ({ id, name, input }: Order) => {
    try {
      const job = byName.get(name)
      if (job === undefined) throw new Error(`this thread does not know the job "${name}"`)
      const { value, moved } = packed(await job.run(input as never), true)
      port.postMessage({ id, output: value } satisfies Answer, moved)
    } catch (error) {
      const { message, stack } = error as Error
      port.postMessage({ id, error: { message, stack } } satisfies Answer)
    }
  })
}
