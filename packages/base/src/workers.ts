/** The port for work that may run beside the caller's thread, and its twin that runs it in place. */

/**
 * A function of data alone, known by name on both sides. Input and output must survive structured cloning; what they hold besides
 * plain values are byte arrays.
 */
export interface Job<Input extends object, Output extends object> {
  readonly name: string
  readonly run: (input: Input) => Output | Promise<Output>
}

/** A job whose types nobody needs to know: lists of jobs have these. */
export interface AnyJob {
  readonly name: string
  readonly run: (input: never) => object | Promise<object>
}

export interface Workers {
  /**
   * The job's output; the caller's `input` is left as it is. Rejects with an Error of the job's message when it throws, and with
   * {@link WorkerError} when there is no thread to do it, or it ended meanwhile.
   */
  run<Input extends object, Output extends object>(job: Job<Input, Output>, input: Input): Promise<Output>
  /** Ends the threads; what still runs is rejected with {@link WorkerError}. */
  close(): Promise<void>
}

/** The thread for a job could not be had, or did not live to finish it. The job itself may be run elsewhere. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError'
  /** There is no thread, and there will be none; otherwise one ended while it worked, or was closed. */
  readonly isUnavailable: boolean

  constructor(message: string, options: ErrorOptions & { readonly isUnavailable?: boolean } = {}) {
    super(message, options)
    this.isUnavailable = options.isUnavailable ?? false
  }
}

/** Runs every job at once, in the caller's thread: for simulation, and where threads are not wanted. */
export const inlineWorkers: Workers = {
  run: async (job, input) => job.run(input),
  close: async () => {},
}
