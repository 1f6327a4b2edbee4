/** The small files beside the segments that a log writes as it goes: leader epochs, and snapshots of its producers. */
import type { Logger } from '@millrace/base'
import { replaceFile } from './atomic-file.ts'
import { joinPath } from './fs/port.ts'
import { leaderEpochFileName } from './leader-epochs.ts'
import type { UnwrittenSnapshot } from './loader.ts'
import type { LogState } from './log-state.ts'
import { writeSnapshot } from './producer-recovery.ts'
import { isSyncFailure, type SegmentIo } from './segment-io.ts'

interface SideFilesOptions {
  readonly state: LogState
  readonly io: SegmentIo
  readonly logger: Logger
  /** A sync failed: nothing may be written any more. */
  readonly onBroken: (cause: unknown) => void
}

export class LogSideFiles {
  readonly #options: SideFilesOptions
  #epochsWriting: Promise<void> = Promise.resolve()

  constructor(options: SideFilesOptions) {
    this.#options = options
  }

  /** Makes the epochs durable as they are now, after any write of them under way. */
  writeEpochs(): Promise<void> {
    const { state, io } = this.#options
    const write = async () => {
      if (!state.epochsChanged) return
      state.epochsChanged = false
      try {
        await replaceFile(io.fileSystem, joinPath(state.directory, leaderEpochFileName), state.epochs.encode())
      } catch (error) {
        state.epochsChanged = true
        throw error
      }
    }
    const result = this.#epochsWriting.then(write, write)
    this.#epochsWriting = result.catch(() => {})
    return result
  }

  /**
   * A snapshot saves the next start from walking the log; without one nothing is lost until it is cleaned. Its batches are durable
   * before it is: a sequence number must never outlive its batch.
   */
  async writeSnapshot(snapshot: UnwrittenSnapshot): Promise<void> {
    const { state, io, logger, onBroken } = this.#options
    const { offset, producers } = snapshot
    state.unwrittenSnapshot = snapshot
    try {
      await writeSnapshot(io.fileSystem, state.directory, offset, producers)
      state.snapshotOffset = Math.max(state.snapshotOffset, offset)
      if (state.unwrittenSnapshot === snapshot) state.unwrittenSnapshot = undefined
    } catch (error) {
      if (isSyncFailure(error)) onBroken(error)
      else logger.warn('a snapshot of producers could not be written', { log: state.name, error })
    }
  }

  /** Whether a snapshot stands at `offset` or behind it, after another try to write what is missing. */
  async hasSnapshotFrom(offset: number): Promise<boolean> {
    const { state } = this.#options
    const { unwrittenSnapshot } = state
    if (state.snapshotOffset < offset && unwrittenSnapshot !== undefined) await this.writeSnapshot(unwrittenSnapshot)
    return state.snapshotOffset >= offset
  }
}
