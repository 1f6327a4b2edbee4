/**
 * What a group may be given, message by message: of each partition every offset, in order, at least once; again only after a new
 * assignment, and then not beyond what was given before. And what it may commit: never beyond what is finished.
 */
import { FaultFailure, must } from './fault-failure.ts'

interface Progress {
  /** The offset after the highest that was given to anybody. */
  seenEnd: number
  /** Everything before it is finished, by somebody. */
  finishedEnd: number
}

interface Reader {
  /** The offset that comes next of each partition; undefined for one that nothing was given of since it was assigned. */
  readonly next: Map<number, number>
  /** What it has and has not finished. */
  out: { readonly partition: number; readonly offset: number } | undefined
}

export class Reading {
  readonly #partitions: Progress[] = []
  readonly #readers = new Map<string, Reader>()
  readonly #breaches: string[] = []

  /** A partition is being read from now on, anew. */
  assigned(reader: string, partitions: readonly number[]): void {
    const { next } = this.#reader(reader)
    for (const partition of partitions) next.delete(partition)
  }

  given(reader: string, partition: number, offset: number): void {
    const state = this.#reader(reader)
    const progress = this.#progress(partition)
    const next = state.next.get(partition)
    if (next !== undefined && offset !== next) {
      this.#breach(`${reader} was given ${partition}@${offset}, where ${next} was next`)
    }
    if (offset > progress.seenEnd) {
      this.#breach(`${reader} was given ${partition}@${offset}: ${progress.seenEnd} and what follows was skipped`)
    }
    state.next.set(partition, offset + 1)
    progress.seenEnd = Math.max(progress.seenEnd, offset + 1)
    state.out = { partition, offset }
  }

  /** `reader` has finished what it was given. */
  finished(reader: string): void {
    const state = this.#reader(reader)
    if (state.out === undefined) return
    const progress = this.#progress(state.out.partition)
    progress.finishedEnd = Math.max(progress.finishedEnd, state.out.offset + 1)
    state.out = undefined
  }

  /** `reader` gives back what it was given. */
  abandoned(reader: string): void {
    this.#reader(reader).out = undefined
  }

  /** Somebody asks to commit. */
  committing(partition: number, offset: number): void {
    const { finishedEnd } = this.#progress(partition)
    if (offset > finishedEnd) {
      this.#breach(
        `partition ${partition} is being committed at ${offset}, where only what is before ${finishedEnd} is finished`,
      )
    }
  }

  /** How many different messages were given. */
  get seenCount(): number {
    return this.#partitions.reduce((sum, { seenEnd }) => sum + seenEnd, 0)
  }

  /** The first breach so far. */
  check(): void {
    const [first] = this.#breaches
    if (first !== undefined) throw new FaultFailure(first)
  }

  /** At the end: all that there was has been given, finished and committed. */
  checkEnd(ends: readonly number[], committed: ReadonlyMap<number, number>): void {
    this.check()
    for (const [partition, end] of ends.entries()) {
      const { seenEnd } = this.#progress(partition)
      must(seenEnd === end, () => `partition ${partition} ends at ${end}, and was given up to ${seenEnd}`)
      const offset = committed.get(partition) ?? 0
      must(offset === end, () => `partition ${partition} ends at ${end}, and is committed at ${offset}`)
    }
  }

  /** For messages. */
  describe(): string {
    return this.#partitions
      .map(({ seenEnd, finishedEnd }, index) => `${index}: given to ${seenEnd}, finished to ${finishedEnd}`)
      .join('; ')
  }

  #breach(message: string): void {
    this.#breaches.push(message)
  }

  #progress(partition: number): Progress {
    while (this.#partitions.length <= partition) this.#partitions.push({ seenEnd: 0, finishedEnd: 0 })
    return this.#partitions[partition] as Progress
  }

  #reader(name: string): Reader {
    let reader = this.#readers.get(name)
    if (reader === undefined) {
      reader = { next: new Map(), out: undefined }
      this.#readers.set(name, reader)
    }
    return reader
  }
}
