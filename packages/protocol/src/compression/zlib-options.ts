/** How the codecs of `node:zlib` are called, and what becomes of their errors. */
import { CompressionError, type CompressionName, tooLarge } from './codec.ts'

const chunkSizeMin = 1024
const chunkSizeMax = 256 * 1024

/** Size of the pieces that zlib fills: few pieces for large data, no large ones for small data. */
export function chunkSizeFor(size: number): number {
  return Math.min(Math.max(size, chunkSizeMin), chunkSizeMax)
}

/** Limits of a decompression. zlib needs a limit of at least one byte; {@link checkedOutput} enforces a limit of 0. */
export function outputLimits(size: number, sizeMax: number): { chunkSize: number; maxOutputLength: number } {
  const maxOutputLength = Math.max(sizeMax, 1)
  return { chunkSize: Math.min(chunkSizeFor(size * 4), Math.max(maxOutputLength, chunkSizeMin)), maxOutputLength }
}

export function checkedOutput(codec: CompressionName, output: Buffer, sizeMax: number): Buffer {
  if (output.length > sizeMax) throw tooLarge(codec, sizeMax)
  return output
}

/** The error for a failed decompression. */
export function decompressionError(codec: CompressionName, sizeMax: number, error: unknown): CompressionError {
  if (error instanceof CompressionError) return error
  if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
    return tooLarge(codec, sizeMax)
  const reason = error instanceof Error ? error.message : String(error)
  return new CompressionError('corrupt', codec, `the data is damaged or cut (${reason})`, { cause: error })
}
