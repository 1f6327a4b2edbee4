/** One log's truncations: what is promised while one is under way, and its steps. Whoever calls sees to it that nothing else happens. */
import type { GroupCommit } from './group-commit.ts'
import type { LogState } from './log-state.ts'
import { cutLog, endBelow, restartLog, type TruncationParts } from './truncation.ts'

interface LogTruncationOptions {
  readonly state: LogState
  readonly commit: GroupCommit
  readonly parts: () => TruncationParts
  /** Makes durable what is promised from now on. */
  readonly beforeCut: () => Promise<void>
  /** Completes what the cut leaves. */
  readonly afterCut: () => Promise<void>
  /** The log is shorter now. */
  readonly onCut: () => void
}

export class LogTruncation {
  readonly #options: LogTruncationOptions
  /** What is certain to be left; infinite while none is under way. */
  ceiling = Number.POSITIVE_INFINITY
  /** While the log restarts: where it starts then. */
  startCeiling = Number.POSITIVE_INFINITY
  /** Files have begun to change. */
  isCut = false

  constructor(options: LogTruncationOptions) {
    this.#options = options
  }

  /** Cuts off everything at or above `offset`; a batch that holds it goes as a whole. */
  cutAt(offset: number): Promise<void> {
    return this.#run(async () => {
      const { state, parts } = this.#options
      if (offset >= state.endOffset) return
      if (offset < state.logStartOffset) return this.#restart(offset)
      const endOffset = await endBelow(parts(), offset)
      // The log's start may be in the middle of the batch that goes: nothing is left then.
      if (endOffset < state.logStartOffset) return this.#restart(state.logStartOffset)
      await this.#begin(endOffset)
      await cutLog(parts(), endOffset)
      await this.#complete()
    })
  }

  /** Drops everything and starts again, empty, at `offset`. */
  restartAt(offset: number): Promise<void> {
    return this.#run(() => this.#restart(offset))
  }

  async #run(action: () => Promise<void>): Promise<void> {
    const { commit } = this.#options
    commit.hold()
    this.isCut = false
    try {
      await action()
    } finally {
      this.#liftCeilings()
      commit.release()
    }
  }

  async #restart(offset: number): Promise<void> {
    this.startCeiling = offset
    await this.#begin(0)
    await restartLog(this.#options.parts(), offset)
    await this.#complete()
  }

  async #begin(ceiling: number): Promise<void> {
    this.ceiling = ceiling
    await this.#options.beforeCut()
    this.isCut = true
  }

  async #complete(): Promise<void> {
    await this.#options.afterCut()
    this.#liftCeilings()
    this.isCut = false
    this.#options.onCut()
  }

  #liftCeilings(): void {
    this.ceiling = Number.POSITIVE_INFINITY
    this.startCeiling = Number.POSITIVE_INFINITY
  }
}
