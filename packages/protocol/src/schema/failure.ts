/** What readers and writers throw inside: it gathers the way to the field while it passes through structs and arrays. */
import type { DecodeErrorCode } from './decode-error.ts'
import type { EncodeErrorCode } from './encode-error.ts'

/** Never leaves this folder: the codec turns it into a DecodeError or EncodeError, which knows message and version. */
export class Failure<Code extends DecodeErrorCode | EncodeErrorCode = DecodeErrorCode | EncodeErrorCode> {
  readonly code: Code
  readonly reason: string
  /** Byte in the input; 0 when writing. */
  readonly position: number
  #path = ''

  constructor(code: Code, reason: string, position = 0) {
    this.code = code
    this.reason = reason
    this.position = position
  }

  /** The way to the field, such as `topics[2].partitions[0].index`. */
  get path(): string {
    return this.#path
  }

  /** The failure happened below this field (a name) or item (an index). */
  within(step: string | number): this {
    const own = typeof step === 'number' ? `[${step}]` : step
    const joint = this.#path === '' || this.#path.startsWith('[') ? '' : '.'
    this.#path = own + joint + this.#path
    return this
  }
}

/** Adds a step to a failure on its way out; anything else passes as it is. */
export function within(error: unknown, step: string | number): unknown {
  return error instanceof Failure ? error.within(step) : error
}
