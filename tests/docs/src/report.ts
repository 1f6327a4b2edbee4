/** Runs cases one after the other, prints a line for each, and counts. */

export class Report {
  #passedCount = 0
  #failedCount = 0

  get counts(): { readonly passed: number; readonly failed: number } {
    return { passed: this.#passedCount, failed: this.#failedCount }
  }

  /** `check` throws when the case fails; what it returns is printed beside the name. Resolves with whether it passed. */
  async run(name: string, check: () => Promise<string | undefined> | string | undefined): Promise<boolean> {
    try {
      const note = await check()
      this.#passedCount++
      this.print(`passed  ${name}${note === undefined ? '' : ` (${note})`}`)
      return true
    } catch (error) {
      this.#failedCount++
      const message = error instanceof Error ? error.message : String(error)
      this.print(`FAILED  ${name}\n${message.trim().replaceAll(/^/gm, '        ')}`)
      return false
    }
  }

  print(line: string): void {
    process.stdout.write(`${line}\n`)
  }
}
