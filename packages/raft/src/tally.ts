/** Counting votes. */
import type { VoterSet } from './voter-set.ts'

/** The votes of one round (a pre-vote or a vote). Only voters count, each once; the last answer wins. */
export class Tally {
  readonly #answers = new Map<number, boolean>()

  record(voterId: number, granted: boolean): void {
    this.#answers.set(voterId, granted)
  }

  hasAnswer(voterId: number): boolean {
    return this.#answers.has(voterId)
  }

  granting(voters: VoterSet): number[] {
    return voters.ids.filter((id) => this.#answers.get(id) === true)
  }

  isWon(voters: VoterSet): boolean {
    return this.granting(voters).length >= voters.majority
  }

  /** Whether the voters that have not refused are too few for a majority. */
  isLost(voters: VoterSet): boolean {
    const refusing = voters.ids.filter((id) => this.#answers.get(id) === false).length
    return voters.size - refusing < voters.majority
  }
}
