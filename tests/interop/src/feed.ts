/** Writes records to a producing program, as fast as it takes them and no further than it may. */
import type { Child } from '@millrace/peers'
import type { PackageRecord } from './record-set.ts'

const chunkSize = 256 << 10

/** Lets the first records pass, and more when it is opened further. */
export class Gate {
  #open: number
  #waiting: (() => void)[] = []

  constructor(open = Number.POSITIVE_INFINITY) {
    this.#open = open
  }

  /** Lets records with an index below `count` pass. */
  open(count: number): void {
    this.#open = count
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  /** Settles when the record at `index` may pass. */
  async passed(index: number): Promise<void> {
    while (index >= this.#open) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  isOpen(index: number): boolean {
    return index < this.#open
  }
}

/** Writes all records and closes the program's input. Ends early, without an error, when the program ends: its exit says why. */
export async function feed(
  child: Child,
  records: readonly PackageRecord[],
  encode: (record: PackageRecord) => Buffer,
  gate: Gate,
): Promise<void> {
  let pieces: Buffer[] = []
  let size = 0
  const flush = async () => {
    if (size === 0) return
    const chunk = Buffer.concat(pieces)
    pieces = []
    size = 0
    if (!child.stdin.write(chunk)) await untilDrained(child)
  }
  for (const [index, record] of records.entries()) {
    if (!gate.isOpen(index)) {
      await flush()
      await Promise.race([gate.passed(index), child.exited])
    }
    if (child.exit !== undefined) return
    const bytes = encode(record)
    pieces.push(bytes)
    size += bytes.length
    if (size >= chunkSize) await flush()
  }
  await flush()
  child.stdin.end()
}

function untilDrained(child: Child): Promise<unknown> {
  return Promise.race([new Promise<void>((resolve) => child.stdin.once('drain', resolve)), child.exited])
}
