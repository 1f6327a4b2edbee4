/** What a compression codec is to the rest of the package, and how one fails. Facts: reference section 2.6. */
import type { Workers } from '@millrace/base'

/** Kafka's names, as in `compression.type`. */
export type CompressionName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** The levels that Kafka's configuration accepts: `default`, or an integer in [min, max]. All 0 where there is no choice. */
export interface CompressionLevels {
  readonly min: number
  readonly max: number
  readonly default: number
}

/** One codec. Instances are stateless. */
export interface Codec {
  /** The number in the attributes of a batch. */
  readonly id: number
  readonly name: CompressionName
  readonly levels: CompressionLevels
  /** From how many bytes of records on compressing, and decompressing, is too long a stop for an event loop: then it is for the `Async` methods. */
  readonly besideSizeMin: { compress(level?: number): number; readonly decompress: number }
  /** Throws {@link CompressionError} `invalid-level`. */
  compress(bytes: Buffer, level?: number): Buffer
  /**
   * Never gives, nor makes room for, more than `sizeMax` bytes. The result may be a view of `bytes` (codec `none`).
   * Throws {@link CompressionError} and nothing else, whatever `bytes` are.
   */
  decompress(bytes: Buffer, sizeMax: number): Buffer
  /**
   * As `compress`, on Node's thread pool where Node has the codec, else on `workers` (default: in place). `bytes` must not change until
   * it settles.
   */
  compressAsync(bytes: Buffer, level?: number, workers?: Workers): Promise<Buffer>
  /** As `decompress`, in the same way. */
  decompressAsync(bytes: Buffer, sizeMax: number, workers?: Workers): Promise<Buffer>
}

/**
 * - `corrupt`: the bytes are not what the codec writes
 * - `too-large`: the content is larger than the caller allows
 * - `unsupported`: legal, but of a kind that Kafka does not use either
 * - `invalid-level`: the codec has no such level
 */
export type CompressionErrorCode = 'corrupt' | 'too-large' | 'unsupported' | 'invalid-level'

/** Compressed bytes that cannot be had back, or a level that does not exist. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError'
  readonly code: CompressionErrorCode
  readonly codec: CompressionName
  /** The message without the codec. */
  readonly reason: string

  constructor(code: CompressionErrorCode, codec: CompressionName, reason: string, options?: ErrorOptions) {
    super(`${codec}: ${reason}`, options)
    this.code = code
    this.codec = codec
    this.reason = reason
  }
}

export function tooLarge(codec: CompressionName, sizeMax: number): CompressionError {
  return new CompressionError('too-large', codec, `the content is larger than the ${sizeMax} bytes allowed`)
}

export function corrupt(codec: CompressionName, reason: string): CompressionError {
  return new CompressionError('corrupt', codec, reason)
}

/** Whether Kafka's configuration accepts `level` for the codec. */
export function isCompressionLevel({ levels }: Pick<Codec, 'levels'>, level: number): boolean {
  return level === levels.default || (Number.isInteger(level) && level >= levels.min && level <= levels.max)
}

/** `level`, or the default. Throws {@link CompressionError} `invalid-level`. */
export function checkedLevel(codec: Pick<Codec, 'levels' | 'name'>, level = codec.levels.default): number {
  if (isCompressionLevel(codec, level)) return level
  const { min, max, default: fallback } = codec.levels
  const known = max > min ? `from ${min} to ${max}, default ${fallback}` : `only ${fallback}`
  throw new CompressionError('invalid-level', codec.name, `there is no level ${level}; levels are ${known}`)
}
