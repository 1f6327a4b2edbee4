/** What the serdes of this package throw. */

/**
 * A value that cannot be written, bytes that cannot be read, or an option that cannot be right. Producers and consumers wrap it in
 * their own error, which says where the record is.
 */
export class SerdeError extends Error {
  override readonly name: string = 'SerdeError'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
  }
}

const reasonLengthMax = 200

/** What was thrown, in a sentence of bounded length: other people's messages may quote the data. */
export function reasonOf(thrown: unknown): string {
  return shortened(thrown instanceof Error ? thrown.message : String(thrown), reasonLengthMax)
}

export function shortened(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}...`
}
