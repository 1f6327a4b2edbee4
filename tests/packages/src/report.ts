/** What passed and what failed. */
export class Report {
  #passedCount = 0
  #failedCount = 0

  /** Runs a check. What it throws is its failure; the result is undefined then. */
  async check<T>(name: string, action: () => T | Promise<T>): Promise<T | undefined> {
    try {
      const value = await action()
      this.#passedCount++
      console.log(`passed  ${name}`)
      return value
    } catch (error) {
      this.#failedCount++
      console.log(`FAILED  ${name}\n${error instanceof Error ? error.message : error}`)
      return undefined
    }
  }

  get passed(): boolean {
    return this.#failedCount === 0
  }

  /** The last line, for people and for CI. */
  get summary(): string {
    return `${this.#passedCount} passed, ${this.#failedCount} failed`
  }
}
