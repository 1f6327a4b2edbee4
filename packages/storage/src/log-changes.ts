/** What changes a whole log goes one after the other; while some of it is under way, nothing is appended. */
export class LogChanges {
  /** Throws once the log cannot be used any more. */
  readonly #checkUsable: () => void
  #last: Promise<unknown> = Promise.resolve()
  #blockedBy: string | undefined
  #blockCount = 0

  constructor(checkUsable: () => void) {
    this.#checkUsable = checkUsable
  }

  /** Why nothing can be appended now; undefined when it can. */
  get blockedBy(): string | undefined {
    return this.#blockedBy
  }

  /** Runs `action` once everything before it is done, with appends refused from now until it ends. */
  exclusively<T>(what: string, action: () => Promise<T>): Promise<T> {
    this.#blockedBy = what
    this.#blockCount++
    return this.#next(async () => {
      try {
        return await action()
      } finally {
        if (--this.#blockCount === 0) this.#blockedBy = undefined
      }
    })
  }

  /** Runs `action` once everything before it is done. Appends go on. */
  inOrder<T>(action: () => Promise<T>): Promise<T> {
    return this.#next(() => {
      this.#checkUsable()
      return action()
    })
  }

  #next<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run, run)
    this.#last = result.catch(() => {})
    return result
  }
}
