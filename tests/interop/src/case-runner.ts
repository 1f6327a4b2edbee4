/** Runs cases, prints each with its time, and counts. */
import { within } from '@millrace/peers'

export interface Case {
  readonly name: string
  readonly limitMs: number
  /** Throws when it fails; what it returns is printed beside its name. */
  readonly run: () => Promise<string | undefined>
}

export class CaseRunner {
  readonly #filters: readonly string[]
  readonly #print: (line: string) => void
  #passed = 0
  #failed = 0

  /** @param filters parts of names, one of which a case must have; none for all cases */
  constructor(filters: readonly string[], print: (line: string) => void) {
    this.#filters = filters
    this.#print = print
  }

  get passed(): number {
    return this.#passed
  }

  get failed(): number {
    return this.#failed
  }

  /** Whether a case with this name is asked for. */
  selects(name: string): boolean {
    return this.#filters.length === 0 || this.#filters.some((filter) => name.includes(filter))
  }

  /** Whether any case whose name starts with `prefix` may be asked for. */
  selectsAny(prefix: string): boolean {
    return this.selects(prefix) || this.#filters.some((filter) => filter.startsWith(prefix))
  }

  /** Runs one case, whatever the filter says; false when it failed. */
  async run({ name, limitMs, run }: Case): Promise<boolean> {
    const started = performance.now()
    try {
      const note = await within(run(), limitMs, () => `${name}: took too long`)
      this.#passed++
      this.#print(`ok   ${seconds(started)} ${name}${note === undefined ? '' : ` (${note})`}`)
      return true
    } catch (error) {
      this.#failed++
      this.#print(`FAIL ${seconds(started)} ${name}`)
      this.#print(indent(textOf(error)))
      return false
    }
  }

  /** Runs what is between the cases; when it throws, that is a failure like any other. */
  async guard(run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.#failed++
      this.#print(`FAIL between the cases\n${indent(textOf(error))}`)
    }
  }

  /** Runs those cases that are asked for, up to `width` at a time. */
  runAll(cases: readonly Case[], width: number): Promise<void> {
    const selected = cases.filter(({ name }) => this.selects(name))
    return this.runEach(selected, width)
  }

  /** Runs all of these, whatever the filter says. */
  async runEach(cases: readonly Case[], width: number): Promise<void> {
    const waiting = [...cases]
    const lane = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await this.run(next)
    }
    await Promise.all(Array.from({ length: width }, lane))
  }
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s `
}

/** The message; the stack of what no part of the suite threw on purpose. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  return isBug ? (error.stack ?? error.message) : error.message
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '       ')
}
